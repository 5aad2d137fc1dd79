"""A checkpoint may recommend to think before a task; whoever asks otherwise is obeyed."""

import dataclasses
import json

import pytest

import mindseye
from mindseye.checkpoints.defaults import Defaults
from mindseye.errors import CheckpointError, InputError
from mindseye.evaluation.answers import ModelAnswerer
from mindseye.evaluation.exam import Asked
from mindseye.evaluation.exams import make_exams
from mindseye.samples import path_of

ANIMALS = path_of("cat-dog")


@pytest.fixture(scope="module")
def thinker():
    model = mindseye.load("pocket", device="cpu")
    model.defaults = dataclasses.replace(model.defaults, thinks=frozenset(["edit"]))
    return model


def test_it_thinks_where_it_is_recommended(thinker) -> None:
    prompt = thinker.defaults.prompts["think_draw"].text
    request = thinker.request("edit", [ANIMALS, "remove the cat"])
    assert request.think and request.system_prompt == prompt
    assert thinker.run([request])[0].thought
    assert not thinker.request("draw", ["a cat"]).think and not thinker.request("ask", ["a cat"]).think


def test_whoever_asks_otherwise_is_obeyed(thinker) -> None:
    said = [ANIMALS, "remove the cat"]
    plain = thinker.request("edit", said, think=False, seed=1)
    assert not plain.think and plain.system_prompt is None and thinker.run([plain])[0].thought is None
    assert not thinker.request("edit", said, system_prompt="speak").think
    assert not thinker.request("edit", messages=[("system", "speak"), ("user", said)]).think
    assert thinker.request("draw", ["a cat"], think=True).think
    with pytest.raises(InputError, match="True or False, or None"):
        thinker.request("edit", said, think="no")


def test_in_a_chat_it_thinks_only_when_told(thinker) -> None:
    assert thinker.chat().say(ANIMALS, "remove the cat", task="edit", seed=1).thought is None


def test_the_judge_asks_as_a_user_would(thinker) -> None:
    [edit], [thought] = (make_exams(kind, 1, Asked(1), ["en"], "corners") for kind in ("edit.remove", "think.one"))
    usual, plain = ModelAnswerer(thinker), ModelAnswerer(thinker, {"think": False})
    assert [usual.request(edit).think, plain.request(edit).think] == [True, False]
    assert usual.request(thought).think and plain.request(thought).think


def test_the_folder_says_it(tmp_path) -> None:
    (tmp_path / "mindseye.json").write_text(json.dumps({"think": {"edit": True, "draw": False}}))
    assert Defaults.from_folder(tmp_path).thinks == {"edit"}


@pytest.mark.parametrize("think", [{"paint": True}, {"edit": "yes"}, {"edit": 1}, ["edit"]])
def test_other_shapes_are_refused(tmp_path, think) -> None:
    (tmp_path / "mindseye.json").write_text(json.dumps({"think": think}))
    with pytest.raises(CheckpointError, match=r"think|groups"):
        Defaults.from_folder(tmp_path)
