"""A model's known words are those of its lessons; others are named in order and once each."""

import json

import pytest

from mindseye.checkpoints.defaults import Defaults
from mindseye.checkpoints.locate import find_folder
from mindseye.errors import CheckpointError
from mindseye.inputs.known_words import KnownWords


def test_unknown_words_are_named_once() -> None:
    known = KnownWords.of(["A cat on the mat", "一只猫"])
    assert known.words == {"a", "cat", "on", "the", "mat"}
    assert known.unknown_in("a UNICORN, a unicorn and a kitten on the cat 独角猫独") == [
        "unicorn",
        "and",
        "kitten",
        "独",
        "角",
    ]


def test_they_come_back_from_json() -> None:
    known = KnownWords.of(["a cat", "猫"])
    assert KnownWords.from_json(json.loads(json.dumps(known.to_json()))) == known


def test_the_pocket_model_says_what_it_knows(tmp_path) -> None:
    defaults = Defaults.from_folder(find_folder("pocket"))
    assert defaults.world and defaults.known_words
    assert {"cat", "left", "draw", "is"} <= defaults.known_words.words and "猫" in defaults.known_words.characters


@pytest.mark.parametrize("knows", [{"words": 3}, {"words": "a"}, {"world": 3}, {"words": "a", "characters": []}])
def test_other_shapes_are_refused(tmp_path, knows) -> None:
    (tmp_path / "mindseye.json").write_text(json.dumps({"knows": knows}))
    with pytest.raises(CheckpointError, match=r"knows|world"):
        Defaults.from_folder(tmp_path)
