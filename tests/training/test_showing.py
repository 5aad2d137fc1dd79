"""Promise: as training goes on a model is asked about pictures; training is what it is without that."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from graft_parts import PACE, save_language_model, save_tower, two_stages

import mindseye
from mindseye.errors import SettingsError
from mindseye.messages import Image, Message, Text
from mindseye.training.curves import LINES_FILE, PICTURE_FILE
from mindseye.training.graft_recipe import GraftRecipe
from mindseye.training.graft_run import GraftRun, train_graft
from mindseye.training.loop import Tally
from mindseye.training.showing import ShowSettings, undisturbed
from mindseye.training.stopping import Stop
from mindseye.training.streams.exhibit import Exhibit, last_answer
from mindseye.training.streams.names import NameSettings, NameStream
from mindseye.training.streams.rows import RowSettings
from mindseye.worlds.world import world_called

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    save_language_model("llama", transformers, folder / "words")
    save_tower("clip", transformers, folder / "eyes")
    return folder


@pytest.fixture
def recipe(parts: Path, tmp_path: Path) -> GraftRecipe:
    return dataclasses.replace(two_stages(parts, tmp_path / "run"), showing=ShowSettings(every=2, pictures=2))


def said(recipe: GraftRecipe, stage: str) -> list[dict[str, Any]]:
    lines = (Path(recipe.run_folder) / stage / "said.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def state_of(recipe: GraftRecipe, stage: str) -> dict[str, Any]:
    return torch.load(Path(recipe.run_folder) / stage / "state.pt", weights_only=True)


def test_training_is_the_same_bit_by_bit(recipe: GraftRecipe, tmp_path: Path) -> None:
    """With adapters that drop numbers by chance, so that any number drawn in between would show."""
    align, tune = recipe.stages
    words = tune.parts["words"]
    assert words.lora is not None
    words = dataclasses.replace(words, lora=dataclasses.replace(words.lora, lora_dropout=0.3))
    stages = (align, dataclasses.replace(tune, parts={**tune.parts, "words": words}))
    shown = dataclasses.replace(recipe, stages=stages)
    silent = dataclasses.replace(shown, run_folder=str(tmp_path / "silent"), showing=ShowSettings())
    for each in (shown, silent):
        torch.manual_seed(5)
        assert train_graft(each, lambda line: None)
    for stage in ("align", "tune"):
        with_, without = (state_of(each, stage)["model"] for each in (shown, silent))
        assert with_ and all(torch.equal(weight, without[name]) for name, weight in with_.items())
    assert not (tmp_path / "silent" / "align" / "said.jsonl").exists()


def test_the_same_pictures_are_asked_about_at_every_show(recipe: GraftRecipe) -> None:
    heard: list[str] = []
    assert train_graft(recipe, heard.append)
    lines = said(recipe, "align")
    expected = [(step, f"shown/{number}.png") for step in (0, 2, 4) for number in (1, 2)]
    assert [(line["step"], line["picture"]) for line in lines] == expected
    assert lines[0]["expected"] == lines[2]["expected"] and lines[0]["expected"].endswith(".")
    assert len({line["said"] for line in lines}) > 1  # it learns
    assert sum(line.startswith("at step 2 shown/1.png: ") for line in heard) == 2  # in both stages
    pictures = [np.asarray(PIL.Image.open(Path(recipe.run_folder) / "align" / f"shown/{n}.png")) for n in (1, 2)]
    assert not np.array_equal(*pictures)


def test_what_is_said_is_what_the_trained_model_answers(recipe: GraftRecipe) -> None:
    """The last show of a stage is about the weights that are exported."""
    alone = dataclasses.replace(recipe, stages=recipe.stages[:1])
    assert train_graft(alone, lambda line: None)
    model = mindseye.load(str(Path(recipe.run_folder) / "checkpoint"), dtype="float32")
    run = GraftRun(alone, lambda line: None, Stop())
    exhibits = run.stream_of(alone.stages[0], run.beginning()).exhibits(2)
    requests = [model.request("ask", messages=each.messages, max_tokens=32, temperature=0.0) for each in exhibits]
    assert [line["said"] for line in said(recipe, "align")[-2:]] == [reply.text for reply in model.run(requests)]


def test_scenes_that_are_shown_are_held_out(recipe: GraftRecipe) -> None:
    Path(recipe.run_folder).mkdir(parents=True)
    run = GraftRun(recipe, lambda line: None, Stop())
    stream: Any = run.stream_of(recipe.stages[0], run.beginning())
    asked_for: list[str] = []
    world = world_called("corners")

    def sample(rng: np.random.Generator, split: str) -> Any:
        asked_for.append(split)
        return world.sample_scene(rng, split)

    watched = dataclasses.replace(stream, world=dataclasses.replace(world, sample_scene=sample))
    assert len(watched.exhibits(3)) == 3 and set(asked_for) == {"validation"}


def test_a_resumed_run_says_nothing_twice(recipe: GraftRecipe) -> None:
    assert train_graft(recipe, lambda line: None)
    file = Path(recipe.run_folder) / "align" / "said.jsonl"
    whole = file.read_text()
    later = json.dumps({"step": 6, "said": "of steps that were lost"})
    file.write_text(f"{whole}{later}\n")
    stage = recipe.stages[0]
    longer = dataclasses.replace(stage, optimizer=dataclasses.replace(PACE, num_steps=6))
    assert train_graft(dataclasses.replace(recipe, stages=(longer,)), lambda line: None)
    assert [line["step"] for line in said(recipe, "align")] == [0, 0, 2, 2, 4, 4, 6, 6]
    assert "lost" not in file.read_text() and file.read_text().startswith(whole)


def test_rows_of_a_validation_file_are_shown(recipe: GraftRecipe, tmp_path: Path) -> None:
    for name in ("train", "validation"):
        PIL.Image.new("RGB", (40, 30), "red" if name == "train" else "blue").save(tmp_path / f"{name}.png")
        turns = [{"from": "human", "value": "<image>\nwhat?"}, {"from": "gpt", "value": f"it is {name}"}]
        row = json.dumps({"image": f"{name}.png", "conversations": turns})
        (tmp_path / f"{name}.jsonl").write_text(f"{row}\n" * 3)
    rows = RowSettings((str(tmp_path / "train.jsonl"),), 2, held_out=(str(tmp_path / "validation.jsonl"),))
    [align, _] = recipe.stages
    of_rows = dataclasses.replace(recipe, stages=(dataclasses.replace(align, scenes=None, rows=rows),))
    assert train_graft(of_rows, lambda line: None)
    assert {line["expected"] for line in said(recipe, "align")} == {"it is validation"}
    blue = PIL.Image.open(Path(recipe.run_folder) / "align" / "shown/1.png").getpixel((20, 15))
    assert blue == (0, 0, 255)
    with pytest.raises(SettingsError, match=r"rows\.held_out"):
        nothing = dataclasses.replace(rows, held_out=())
        dataclasses.replace(recipe, stages=(dataclasses.replace(align, scenes=None, rows=nothing),))


def test_a_row_is_asked_up_to_its_last_answer() -> None:
    turns = [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"), ("user", "e")]
    exhibit = last_answer([Message(role, (Text(words),)) for role, words in turns])
    assert [message.text for message in exhibit.messages] == ["a", "b", "c"] and exhibit.expected == "d"
    with pytest.raises(SettingsError, match="no answer"):
        last_answer([Message("user", (Text("a"),))])


def test_names_show_some_of_the_given_pictures(tmp_path: Path) -> None:
    for number in range(6):
        PIL.Image.new("RGB", (20, 20), (40 * number, 0, 0)).save(tmp_path / f"{number}.png")
    (tmp_path / "0.png").write_bytes(b"no picture")

    def exhibits(*places: str) -> list[Any]:
        stream = NameStream(NameSettings(pictures=places), None, (), None, 0)  # type: ignore[arg-type]
        return [exhibit.picture for exhibit in stream.exhibits(2)]

    assert [picture.getpixel((5, 5))[0] for picture in exhibits(str(tmp_path))] == [120, 40]
    assert len(exhibits()) == 2  # drawn scenes


def test_a_picture_that_cannot_be_asked_about_does_not_end_the_run(recipe: GraftRecipe) -> None:
    long = dataclasses.replace(recipe.showing, every=4, pictures=1)
    recipe = dataclasses.replace(recipe, showing=long, stages=recipe.stages[:1])
    run = GraftRun(recipe, lambda line: None, Stop())
    Path(recipe.run_folder).mkdir(parents=True)
    loaded = run.beginning()
    stream: Any = run.stream_of(recipe.stages[0], loaded)
    many = Message("user", (Image(PIL.Image.new("RGB", (8, 8))), Text("ab " * 3000)))
    exhibition = run.exhibition(
        Other([Exhibit((many,))], stream),
        loaded,
        State(0),
        Path(recipe.run_folder),
    )
    assert exhibition is not None
    [line] = [json.loads(text) for text in (Path(recipe.run_folder) / "said.jsonl").read_text().splitlines()]
    assert "at most" in line["error"]


class Other:
    """A stream with other exhibits."""

    def __init__(self, exhibits: list[Any], stream: Any) -> None:
        self._exhibits, self._stream = exhibits, stream

    def exhibits(self, count: int) -> list[Any]:
        return self._exhibits

    def __getitem__(self, number: int) -> Any:
        return self._stream[number]


class State:
    def __init__(self, step: int) -> None:
        self.step = step


def test_modes_and_chance_are_left_as_they_were() -> None:
    network = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Linear(2, 2))
    network[0].train(), network[1].eval()
    before = torch.get_rng_state()
    with undisturbed(network):
        assert not network[0].training
        torch.rand(3)
    assert network[0].training and not network[1].training and torch.equal(torch.get_rng_state(), before)


def test_showing_is_not_counted_as_training() -> None:
    tally = Tally(started=0.0, core_started=0.0)
    with tally.paused():
        sum(range(1_000_000))
    assert tally.started > 0 and tally.core_started > 0


@pytest.mark.parametrize("board", [False, True])
def test_curves_of_each_stage_are_lines_a_picture_and_a_board(recipe: GraftRecipe, board: bool) -> None:
    if board:
        pytest.importorskip("tensorboard")
    saving = dataclasses.replace(recipe.saving, tensorboard=board)
    assert train_graft(dataclasses.replace(recipe, saving=saving, showing=ShowSettings()), lambda line: None)
    for stage, losses in (("align", {"ce"}), ("tune", {"ce", "contrastive"})):
        folder = Path(recipe.run_folder) / stage
        lines = [json.loads(line) for line in (folder / LINES_FILE).read_text().splitlines()]
        assert [line["step"] for line in lines] == [2, 4] and losses <= set(lines[0])
        assert PIL.Image.open(folder / PICTURE_FILE).size == (900, 460)
        assert any((folder / "tensorboard").glob("events.*")) == board
