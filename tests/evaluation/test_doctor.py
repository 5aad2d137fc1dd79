"""Promise: each known mistake is found by its name, and nothing is found wrong with a model that sees."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from safetensors.torch import load_file, save_file
from seeing_model import COLOURS, make_parts, patient, rows, teach
from torch import nn

import mindseye
from mindseye.checkpoints.load import load
from mindseye.evaluation.doctor.attention import gazes
from mindseye.evaluation.doctor.examine import MEASUREMENTS, Examination, examine
from mindseye.evaluation.doctor.gradients import mean_loss, pulled
from mindseye.evaluation.doctor.plan import Plan, PlannedPart, PlannedStage
from mindseye.events import TextDone
from mindseye.inputs.rows import Row
from mindseye.pictures import to_png
from mindseye.training.objectives.grafted import GraftedObjective, pack_seen
from mindseye.training.streams.sights import Sight, SightReader

transformers = pytest.importorskip("transformers")
PROJECTOR, WORDS = PlannedPart(("projector.*",), 2e-3), PlannedPart(("language_model.*",), 1e-3)


def plan(*parts: PlannedPart) -> Plan:
    return Plan((PlannedStage("align", 150, 0.75, parts),))


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeing")
    make_parts(folder, transformers)
    return teach(folder)


@pytest.fixture
def spoilt(good: Path, tmp_path: Path) -> Callable[..., Path]:
    """The good folder after a JSON file or the weights were changed."""

    def spoil(file: str, change: Callable[[dict[str, Any]], None]) -> Path:
        folder = tmp_path / "spoilt"
        shutil.copytree(good, folder)
        if file.endswith(".json"):
            said = json.loads((folder / file).read_text())
            change(said)
            (folder / file).write_text(json.dumps(said))
        else:
            tensors = load_file(folder / file)
            change(tensors)
            save_file(tensors, folder / file)
        return folder

    return spoil


def examined(folder: Path, given: Any = None, **options: Any) -> Examination:
    return examine(patient(load(folder, dtype="float32"), given, **options))


def blamed(examination: Examination) -> list[str]:
    return [finding.name for finding in examination.mistakes]


def test_a_model_that_sees_has_nothing_wrong(good: Path) -> None:
    found = examined(good, plan=plan(PROJECTOR, WORDS))
    assert blamed(found) == []
    assert found.verdict == "sees" and found.remedy == ""
    assert all(finding.is_well for finding in found.findings), [f.name for f in found.findings if not f.is_well]
    assert [finding.name for finding in found.findings] == list(MEASUREMENTS)


def test_one_patch_only(spoilt: Callable[..., Path]) -> None:
    found = examined(spoilt("config.json", lambda said: said.update(image_tokens="first")))
    assert blamed(found)[0] == "image_tokens"
    assert "only 1 of the tower's 16 features" in found.mistakes[0].said


def test_a_frozen_projector(good: Path) -> None:
    found = examined(good, plan=plan(WORDS))
    assert blamed(found) == ["projector_frozen"]
    stopped = examined(good, plan=plan(WORDS, PlannedPart(("projector.*",), 0.0)))
    assert blamed(stopped) == ["projector_frozen"]


def test_a_learning_rate_a_thousand_times_too_small(good: Path) -> None:
    found = examined(good, plan=plan(dataclasses.replace(PROJECTOR, learning_rate=2e-6)))
    assert blamed(found) == ["learning_rate"]
    assert "1,000 times" in found.remedy


def test_a_mask_that_excludes_everything(good: Path) -> None:
    nothing = examined(good, mask=lambda segments, marks: no_label(segments))
    assert blamed(nothing)[0] == "loss_mask"
    assert "every row" in nothing.mistakes[0].said


def test_rows_in_which_only_the_user_speaks(good: Path) -> None:
    def by_user(row: Row) -> Row:
        turns = [{**turn, "from": "human"} for turn in row.fields["conversations"]]
        return dataclasses.replace(row, fields={**row.fields, "conversations": turns})

    silent = [by_user(row) if row.number % 2 else row for row in rows()]
    found = examined(good, silent)
    assert blamed(found)[0] == "loss_mask"
    assert "14 of 28 rows" in found.mistakes[0].said
    assert blamed(examined(good, [by_user(row) for row in rows()])) == ["loss_mask"]


@pytest.mark.parametrize("std", [1.0, 1 / 255])
def test_wrong_normalisation(spoilt: Callable[..., Path], std: float) -> None:
    rules = {"image_mean": [0.0, 0.0, 0.0], "image_std": [std, std, std]}
    found = examined(spoilt("preprocessor_config.json", lambda said: said.update(rules)))
    assert blamed(found)[0] == "normalisation"
    assert "channels" not in blamed(found)


def test_channels_swapped(spoilt: Callable[..., Path]) -> None:
    def swap(tensors: dict[str, torch.Tensor]) -> None:
        [name] = [name for name in tensors if name.endswith("patch_embedding.weight")]
        tensors[name] = tensors[name].flip(1).contiguous()

    def turn(said: dict[str, Any]) -> None:
        said.update(image_mean=said["image_mean"][::-1], image_std=said["image_std"][::-1])

    folder = spoilt("model.safetensors", swap)
    path = folder / "preprocessor_config.json"
    said = json.loads(path.read_text())
    turn(said)
    path.write_text(json.dumps(said))
    found = examined(folder)
    assert blamed(found)[0] == "channels"
    assert "RGB" in found.remedy
    assert found.findings[-1].numbers["image_swap"] < 0.8  # what is neither red nor blue is still named


@pytest.mark.parametrize("mark", ["<img>", "<image_1>", "<|image|>", "[IMG]", "<Image>"])
def test_a_placeholder_that_the_tokenizer_splits(good: Path, mark: str) -> None:
    found = examined(good, rows(question=f"{mark} What colour?"))
    assert blamed(found)[0] == "placeholders"
    assert f"splits {mark} into" in found.mistakes[0].said


def test_a_tower_in_training_mode(good: Path) -> None:
    loaded = load(good, dtype="float32")
    tower: Any = loaded.network.vision_tower  # type: ignore[attr-defined]
    tower.vision_model.encoder.layers[0].mlp.fc1 = nn.Sequential(
        tower.vision_model.encoder.layers[0].mlp.fc1, nn.Dropout(0.5)
    )
    tower.train()
    found = examine(patient(loaded))
    assert blamed(found)[0] == "tower_mode"
    assert found.mistakes[0].numbers["difference_of_two_passes"] > 0.01
    assert tower.training  # looked at, not mended


def test_captions_shuffled_against_images(good: Path) -> None:
    found = examined(good, rows(is_shuffled=True))
    assert blamed(found)[0] == "captions"
    untaught = examined(good.parent / "graft", rows(is_shuffled=True))
    assert blamed(untaught)[0] == "captions"


def test_a_model_that_has_learnt_nothing_has_symptoms_without_a_cause(good: Path) -> None:
    found = examined(good.parent / "graft", plan=plan(PROJECTOR))
    assert "matching" in blamed(found) and set(blamed(found)) <= {"attention", "matching", "swap"}
    assert found.verdict in ("guesses", "cannot see")


def test_words_about_trees_are_no_placeholder(good: Path) -> None:
    found = examined(good, rows(question="What colour is the image, <b>really</b>? Imagine!"))
    assert "placeholders" not in blamed(found)


def test_a_tower_that_makes_one_of_all(spoilt: Callable[..., Path]) -> None:
    def flatten(tensors: dict[str, torch.Tensor]) -> None:
        tensors["projector.linear_1.weight"].zero_()

    found = examined(spoilt("model.safetensors", flatten))
    assert blamed(found)[0] == "features"
    assert found.verdict == "cannot see"


def test_tokens_far_longer_than_words(spoilt: Callable[..., Path]) -> None:
    def stretch(tensors: dict[str, torch.Tensor]) -> None:
        tensors["projector.linear_2.weight"] *= 1000

    assert "norms" in blamed(examined(spoilt("model.safetensors", stretch)))


def test_its_loss_and_gradient_are_those_of_training(good: Path) -> None:
    one = patient(load(good, dtype="float32"), num=3)
    loaded, network = one.loaded, one.network
    reader = SightReader(loaded.tokenizer, loaded.prompt_format, 4)
    lessons = [
        reader.lesson(Sight((reading.images[0].pixels,), ((case.question, case.answer),)))
        for case, reading in zip(one.close, one.readings, strict=True)
    ]
    objective = GraftedObjective(torch.device("cpu"))
    for number, lesson in enumerate(lessons):
        batch = pack_seen([lesson])
        theirs = objective.sums(network, batch, torch.Generator())["ce"] / len(batch.lessons.labels)
        assert one.losses[number, number] == pytest.approx(theirs.item(), rel=1e-3, abs=1e-6)
    before = [parameter.requires_grad for parameter in network.parameters()]
    sizes = pulled(one)
    assert [parameter.requires_grad for parameter in network.parameters()] == before
    network.projector.requires_grad_(True)
    mean_loss(one).backward()
    norm = sum(float(p.grad.square().sum()) for p in network.projector.parameters()) ** 0.5
    assert sizes["projector"][0] == pytest.approx(norm, rel=1e-4)


def test_attention_adds_up(good: Path) -> None:
    one = patient(load(good, dtype="float32"))
    for gaze in gazes(one):
        assert len(gaze.by_layer) == 2 and gaze.on_image.shape == (4,)
        assert float(gaze.on_image.sum()) == pytest.approx(np.mean(gaze.by_layer), rel=1e-4)
        assert all(0 < share < 1 for share in gaze.by_layer)


def test_close_rows_are_one_of_each_answer(good: Path) -> None:
    one = patient(load(good, dtype="float32"))
    assert sorted(case.answer for case in one.close) == sorted(COLOURS)


def no_label(segments: Any) -> torch.Tensor:
    from mindseye.inputs.loss_mask import num_tokens

    return torch.zeros(sum(num_tokens(segment) for segment in segments), dtype=torch.bool)


def test_a_bagel_row_is_read_as_the_engine_reads_it() -> None:
    """Marks, positions and images that see all of themselves: the answer is as likely as it was when it was written."""
    model = mindseye.load("pocket", dtype="float32")
    rng = np.random.default_rng(0)
    picture = PIL.Image.fromarray(rng.integers(0, 256, (96, 96, 3), np.uint8))
    question = "what is in the picture?"
    reply = model.ask(picture, question, logprobs=0)
    [end] = [event for event in reply.events if isinstance(event, TextDone)]
    written = sum(token.logprob for token in end.logprobs)
    turns = [{"from": "human", "value": question}, {"from": "gpt", "value": end.text}]
    row = Row(0, "noise", {"conversations": turns, "image_bytes": to_png(picture)}, Path("noise"))
    one = patient(load("pocket", dtype="float32"), [row])
    [reading] = one.readings
    loss = one.loss(reading, reading.images[0]) * len(reading.predicting)
    assert loss == pytest.approx(-written, rel=1e-3)
