"""Promise: a language model gets eyes in stages; a run that was stopped goes on as if it had not been, and its export
answers. What is frozen does not move, and a projector that learns from answers alone gets a gradient."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
import yaml
from graft_parts import PACE, SIDE, WIDTH, save_language_model, save_tower, two_stages

import mindseye
from mindseye.checkpoints.load import load
from mindseye.errors import SettingsError
from mindseye.inputs.formats import prompt_format
from mindseye.inputs.segments import TextSegment, VitSegment
from mindseye.networks.comparison import image_embeddings, text_embedding
from mindseye.training.class_features import UNSURE, ClassFeatures, blobs
from mindseye.training.curves import read_lines
from mindseye.training.graft_recipe import GraftParts, GraftRecipe, GraftStage
from mindseye.training.graft_run import GraftRun, train_graft
from mindseye.training.objectives.grafted import pairs_of
from mindseye.training.stopping import Stop
from mindseye.training.streams.names import photo_of
from mindseye.training.streams.rows import RowSettings
from mindseye.training.streams.scenes import name_in, told
from mindseye.training.streams.sights import Sight, SightReader
from mindseye.worlds.world import world_called

transformers = pytest.importorskip("transformers")
TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def quiet(line: str) -> None:
    pass


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def parts(request, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    save_language_model(request.param, transformers, folder / "words")
    save_tower("clip", transformers, folder / "eyes")
    return folder


@pytest.fixture
def recipe(parts: Path, tmp_path: Path) -> GraftRecipe:
    return two_stages(parts, tmp_path / "run")


def test_a_run_does_not_go_on_with_other_parts(recipe: GraftRecipe) -> None:
    run = GraftRun(recipe, quiet, Stop())
    run.beginning()
    other = dataclasses.replace(recipe, graft=dataclasses.replace(recipe.graft, image_tokens="pool"))
    with pytest.raises(SettingsError, match=r"another graft.image_tokens \(grid:2\); take another run_folder"):
        dataclasses.replace(run, recipe=other).beginning()
    run.beginning()


def test_stages_are_named_as_folders_of_the_run(recipe: GraftRecipe) -> None:
    for name in ("../evil", "graft", "checkpoint", ""):
        with pytest.raises(SettingsError, match="names a folder of the run"):
            dataclasses.replace(recipe, stages=(dataclasses.replace(recipe.stages[0], name=name),))


def test_a_beginning_that_was_broken_off_is_made_anew(
    recipe: GraftRecipe, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the run would go on from a projector that does not yet start from the names."""
    save_tower("clip", transformers, tmp_path / "eyes")
    named = dataclasses.replace(
        recipe, graft=GraftParts(recipe.graft.language_model, str(tmp_path / "eyes"), start="names")
    )
    run = GraftRun(named, quiet, Stop())

    def broken(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as now:
        now.setattr("mindseye.training.graft_run.fit_probe", broken)
        with pytest.raises(KeyboardInterrupt):
            run.beginning()
    said: list[str] = []
    dataclasses.replace(run, say=said.append).beginning()
    assert any("fitting" in line for line in said)
    assert not list(Path(recipe.run_folder).glob("*.unfinished"))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load(folder, dtype="float32").network.state_dict()


def test_two_stages_make_a_model_that_answers(recipe: GraftRecipe) -> None:
    assert train_graft(recipe, quiet)
    folder = Path(recipe.run_folder)
    before, after = weights(folder / "graft"), weights(folder / "checkpoint")
    moved = {name.split(".")[0] for name in after if not torch.equal(before[name], after[name])}
    assert moved == {"projector", "language_model", "contrastive"}  # the tower never
    model = mindseye.load(str(folder / "checkpoint"))
    assert model.ask(PIL.Image.new("RGB", (64, 64), "red"), "What is this?", max_tokens=5).text


def test_a_frozen_language_model_does_not_move(recipe: GraftRecipe) -> None:
    alone = dataclasses.replace(recipe, stages=recipe.stages[:1])
    assert train_graft(alone, quiet)
    folder = Path(recipe.run_folder)
    before, after = weights(folder / "graft"), weights(folder / "checkpoint")
    assert {name.split(".")[0] for name in after if not torch.equal(before[name], after[name])} == {"projector"}


@pytest.mark.parametrize("stopped_in", ["align", "tune"])
def test_a_stopped_run_goes_on_exactly(recipe: GraftRecipe, tmp_path: Path, stopped_in: str) -> None:
    whole = dataclasses.replace(recipe, run_folder=str(tmp_path / "whole"))
    assert train_graft(whole, quiet)
    stop = StopAfter(6 if stopped_in == "tune" else 2)
    run = GraftRun(recipe, stop.listen, stop)
    Path(recipe.run_folder).mkdir(parents=True)
    assert not run.train()
    assert (Path(recipe.run_folder) / stopped_in / "state.pt").is_file()
    assert not (Path(recipe.run_folder) / "checkpoint").exists()
    assert train_graft(recipe, quiet)
    expected, found = (weights(Path(r.run_folder) / "checkpoint") for r in (whole, recipe))
    for name, weight in expected.items():
        assert torch.equal(weight, found[name]), name


class StopAfter(Stop):
    """Asked for once so many steps were reported."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    def listen(self, line: str) -> None:
        if line.startswith("step"):
            self.left -= 2
            self.asked = self.left <= 0


def test_answers_alone_are_learnt(golden: Path) -> None:
    tokenizer = mindseye.inputs.tokenizer.Tokenizer.from_folder(golden / "checkpoint", marks=())
    reader = SightReader(tokenizer, prompt_format("chatml-eyes", tokenizer), 3)
    pixels = torch.zeros(3, SIDE, SIDE)
    lesson = reader.lesson(Sight((pixels, pixels), (("ab <image> c <image>", "de"), ("f", "g"))))
    images = [taught for taught in lesson if isinstance(taught.segment, VitSegment)]
    assert len(images) == 2 and images[0].segment.num_tokens == 3
    learnt = [tokenizer.decode([word for _, word in taught.labels], skip_special=False) for taught in lesson]
    assert [text for text in learnt if text] == ["de<|im_end|>", "g<|im_end|>"]
    for taught in lesson:  # each label stands one token before its word
        for place, word in taught.labels:
            assert isinstance(taught.segment, TextSegment) and taught.segment.ids[place + 1] == word


def test_the_projector_gets_its_gradient_through_the_language_model(recipe: GraftRecipe) -> None:
    run = GraftRun(recipe, quiet, Stop())
    Path(recipe.run_folder).mkdir(parents=True)
    loaded = run.beginning()
    stage = recipe.stages[0]
    step = run.step_of(stage, loaded)
    loaded.network.requires_grad_(False)
    loaded.network.projector.requires_grad_(True)
    batch = step.stream[0]
    losses = step.objective.sums(loaded.network, batch, torch.Generator())
    losses["ce"].backward()
    assert all(p.grad is not None and p.grad.abs().max() > 1e-6 for p in loaded.network.projector.parameters())


def test_texts_are_compared_as_they_were_trained(recipe: GraftRecipe) -> None:
    run = GraftRun(recipe, quiet, Stop())
    Path(recipe.run_folder).mkdir(parents=True)
    loaded = run.beginning()
    step = run.step_of(recipe.stages[1], loaded)
    batch = step.stream[0]
    with torch.no_grad():
        images = loaded.network.embed_images([segment.pixels for segment in batch.lessons.vit_images])
        pairs = pairs_of(loaded.network, batch, images, torch.device("cpu"))
        ids = batch.texts.text_ids[batch.texts.sample_rows[1][:-1]].tolist()
        expected = torch.nn.functional.normalize(pairs.texts[1], dim=0)
        assert torch.allclose(text_embedding(loaded.network, ids), expected, atol=1e-5)
        pixels = [segment.pixels for segment in batch.lessons.vit_images]
        expected = torch.nn.functional.normalize(pairs.images, dim=1)
        assert torch.allclose(image_embeddings(loaded.network, pixels), expected, atol=1e-5)


def test_things_have_their_names() -> None:
    world, rng = world_called("corners"), np.random.default_rng(0)
    for _ in range(30):
        scene = world.sample_scene(rng, "train")
        if len(scene.things) == 1:
            assert name_in(world, scene).endswith(scene.things[0].noun)
            assert told(world, scene).lower().startswith(name_in(world, scene))
    assert photo_of("giant panda") == "A photo of a giant panda." and photo_of("otter") == "A photo of an otter."


def test_made_features_are_taken_for_their_class() -> None:
    generator = torch.Generator().manual_seed(0)
    pictures = torch.relu(torch.randn(40, 16, WIDTH, generator=generator))
    made = ClassFeatures(pictures, torch.randn(20, WIDTH, generator=generator), torch.zeros(20))
    classes = torch.arange(20)
    features = made.make(classes, generator)
    assert features.shape == (20, 16, WIDTH) and features.min() >= 0
    likely = made.scores(features).softmax(-1)
    of_class = likely.gather(1, classes[:, None])[:, 0]
    assert (of_class > UNSURE - 0.01).float().mean() > 0.8  # chance is 0.05
    assert of_class.std() > 0.05  # some surer than others
    assert torch.allclose(blobs(5, 16, generator).mean(1), torch.ones(5))


def write_rows(folder: Path, count: int = 6) -> Path:
    """Captioned pictures as `mindseye data prepare` writes them."""
    lines = []
    for number in range(count):
        PIL.Image.new("RGB", (40, 30), (40 * number, 0, 255 - 40 * number)).save(folder / f"{number}.png")
        said = [{"from": "human", "value": "<image>\nwhat?"}, {"from": "gpt", "value": "ab " * (number + 1)}]
        lines.append(json.dumps({"image": f"{number}.png", "conversations": said}))
    (folder / "train.jsonl").write_text("\n".join(lines))
    return folder / "train.jsonl"


def test_rows_of_files_are_learnt(recipe: GraftRecipe, tmp_path: Path) -> None:
    rows = RowSettings((str(write_rows(tmp_path)),), batch_size=3)
    stages = tuple(dataclasses.replace(stage, scenes=None, rows=rows) for stage in recipe.stages)
    told = []
    assert train_graft(dataclasses.replace(recipe, stages=stages), told.append)
    assert sum(line.startswith("step") and "contrastive" in line for line in told) == 2


def test_rows_that_are_broken_are_named(recipe: GraftRecipe, tmp_path: Path) -> None:
    file = write_rows(tmp_path)
    (tmp_path / "3.png").write_bytes(b"no picture")
    stage = dataclasses.replace(recipe.stages[0], scenes=None, rows=RowSettings((str(file),), batch_size=6))
    with pytest.raises(SettingsError, match=r"train\.jsonl, row 3: .*not an image"):
        train_graft(dataclasses.replace(recipe, stages=(stage,)), quiet)
    with pytest.raises(SettingsError, match=r"rows\.files"):
        gone = dataclasses.replace(stage, rows=RowSettings((str(tmp_path / "gone.jsonl"),)))
        train_graft(dataclasses.replace(recipe, stages=(gone,), run_folder=str(tmp_path / "b")), quiet)


def test_stages_without_data_are_refused() -> None:
    with pytest.raises(SettingsError, match="needs scenes, names or rows"):
        GraftStage("a", {}, PACE)


def test_a_state_of_other_sizes_is_refused(recipe: GraftRecipe, tmp_path: Path) -> None:
    assert train_graft(dataclasses.replace(recipe, stages=recipe.stages[:1]), quiet)
    other = dataclasses.replace(recipe, graft=dataclasses.replace(recipe.graft, image_tokens="shuffle:2"))
    other = dataclasses.replace(other, run_folder=str(tmp_path / "other"))
    (tmp_path / "other" / "align").mkdir(parents=True)
    state = Path(recipe.run_folder) / "align" / "state.pt"
    (tmp_path / "other" / "align" / "state.pt").write_bytes(state.read_bytes())
    with pytest.raises(SettingsError, match="other sizes"):
        train_graft(other, quiet)


@pytest.mark.slow
def test_two_processes_learn_what_one_does(recipe: GraftRecipe, parts: Path, tmp_path: Path) -> None:
    """With half of the batch each, contrastive loss included, through the command line."""
    said = {
        "graft": {**dataclasses.asdict(recipe.graft), "projector": {"kind": "mlp"}},
        "precision": "float32",
        "device": "cpu",
        "threads": 1,
        "saving": {"report_every": 1},
    }
    pace = {"num_steps": 3, "num_decay_steps": 1, "num_warmup_steps": 1, "learning_rate": 1e-2}
    parts_moved = {
        "projector": {"names": ["projector.*"], "learning_rate": 1e-2},
        "head": {"names": ["contrastive.*"], "learning_rate": 1e-2},
    }
    lines = []
    for count in (1, 2):
        stage = {"name": "align", "parts": parts_moved, "optimizer": pace, "contrastive_weight": 0.5}
        stage["scenes"] = {"batch_size": 8 // count}
        file, folder = tmp_path / f"{count}.yaml", tmp_path / f"run-{count}"
        file.write_text(yaml.safe_dump({**said, "stages": [stage], "run_folder": str(folder)}))
        started = ["-m", "mindseye"] if count == 1 else [*TWO, "-m", "mindseye"]
        done = subprocess.run([sys.executable, *started, "train", str(file)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        lines.append(read_lines(folder / "align"))
    for one, two in zip(*lines, strict=True):
        for name in ("ce", "contrastive", "gradient_norm"):
            assert two[name] == pytest.approx(one[name], abs=1e-4), (name, one["step"])
    assert lines[0][0]["contrastive"] > 0.5
