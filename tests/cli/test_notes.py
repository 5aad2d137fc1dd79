"""What the pocket model cannot know is said: words, capitals, pictures and sizes that its lessons never had."""

import PIL.Image
import pytest

from mindseye.checkpoints.defaults import Defaults
from mindseye.cli.notes import notes
from mindseye.inputs.known_words import KnownWords

TAUGHT = Defaults(world="town", known_words=KnownWords.of(["draw a cat, a dog or a scarf", "can I go on", "猫在左边"]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("draw a unicorn", '"unicorn"'),
        ("draw a café", '"café"'),
        ("draw a skarf", '"skarf" (did you mean "scarf"?)'),
        ("画一只龙", '"画", "一", "只", "龙"'),
        ("DRAW A CAT", 'try "draw a cat"'),
        ("Draw a Cat", 'try "draw a cat"'),
    ],
)
def test_what_was_never_taught_is_named(text, said):
    [note] = notes(TAUGHT, [text], [])
    assert said in note


@pytest.mark.parametrize(
    "text", ["draw a cat", "Draw a cat.", "a cat. A dog.", "can I go on", "猫在左边", "", "!!! 🐱"]
)
def test_what_was_taught_is_not(text):
    assert notes(TAUGHT, [text], []) == []


def test_no_suggestion_is_a_word_that_names_nothing():
    [note] = notes(TAUGHT, ["con a cat"], [])
    assert "did you mean" not in note


@pytest.mark.parametrize(
    ("size", "is_said"), [((96, 96), False), ((None, None), False), ((192, 96), True), ((96, 64), True)]
)
def test_a_size_that_was_never_taught_is_said(size, is_said):
    found = notes(TAUGHT, [], [], size)
    assert bool(found) == is_said and all("96 x 96 px" in note for note in found)


def test_a_picture_from_elsewhere_is_said():
    [note] = notes(TAUGHT, [], [PIL.Image.effect_noise((96, 96), 90).convert("RGB")])
    assert "not of the pocket model's world" in note


def test_of_models_of_everything_nothing_is_said():
    assert notes(Defaults(), ["A UNICORN"], [PIL.Image.new("RGB", (50, 40))], (1024, 512)) == []
