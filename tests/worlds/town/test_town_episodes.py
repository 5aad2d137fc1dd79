"""The town's requests: true in both languages, apart by what they are about, and worded anew outside training."""

import zlib

import numpy as np
import pytest

from mindseye.errors import InputError
from mindseye.worlds.dice import Dice
from mindseye.worlds.episodes import Say, Show
from mindseye.worlds.town import curriculum, question_words
from mindseye.worlds.town.areas import TIDY, USUAL_SIZE
from mindseye.worlds.town.curriculum import KINDS, sample_episode
from mindseye.worlds.town.drawables import Icon
from mindseye.worlds.town.grounds import COLOURS
from mindseye.worlds.town.layout import NoSceneError, any_scene
from mindseye.worlds.town.nouns import NOUNS
from mindseye.worlds.town.render import box_of
from mindseye.worlds.town.scenes import Placed
from mindseye.worlds.town.splits import are_for_training, key, keys_of, split_of
from mindseye.worlds.town.styles import DRAWN_STYLES, HELD_OUT_STYLES
from mindseye.worlds.town.visible import is_visible
from mindseye.worlds.town.voice import Voice


def episodes(split, kind, count, seed=0):
    rng = np.random.default_rng((seed, KINDS.index(kind)))
    return [sample_episode(rng, split, kind, ("en", "zh")[number % 2]) for number in range(count)]


@pytest.mark.parametrize("kind", KINDS)
def test_each_split_is_about_its_own_combinations(kind):
    for episode in episodes("train", kind, 20):
        assert are_for_training(episode.truth["about"])
        assert all(are_for_training(keys_of(scene)) for scene in episode.scenes)
        assert not episode.truth["is_new"]
    for split in ("validation", "test"):
        for episode in episodes(split, kind, 6):
            found = {split_of(one) for one in episode.truth["about"]}
            assert split in found and (split == "test" or "test" not in found)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_in_the_asked_language_and_something_must_be_produced(kind):
    for episode in episodes("train", kind, 10):
        assert any(step.is_target for step in episode.steps)
        assert all(is_visible(scene) for scene in episode.scenes)
        for step in episode.steps:
            if isinstance(step, Say) and not step.text.startswith("think, then"):
                plain = step.text.replace("<think>", "").replace("</think>", "")
                assert plain.strip() and "{" not in plain
                is_english = plain.isascii()
                assert is_english == (episode.language == "en") or plain.isdigit(), plain


def test_no_request_is_worded_in_training_as_in_the_test():
    ends = {question_words.WHERE[language][-1].split("{")[0] for language in ("en", "zh")} - {""}
    for split, is_said in (("train", False), ("test", True)):
        texts = [e.texts[0].lower() for e in episodes(split, "question.where", 120)]
        assert any(text.startswith(end) for text in texts for end in ends) == is_said


def test_every_wording_has_one_of_its_own_for_validation_and_test():
    for name, wordings in vars(question_words).items():
        if isinstance(wordings, dict) and name.isupper() and name not in ("YES_NO", "HAS_NOT", "ALSO_YES", "ALSO_NO"):
            for said in wordings.values():
                assert len(said) >= 3 and len(set(said)) == len(said), name


def test_the_same_seed_gives_the_same_episode():
    first, second = (sample_episode(np.random.default_rng(5), "test") for _ in range(2))
    assert first == second


def test_keys_belong_to_fixed_splits():
    assert key("pair", "dog", "cat") == "pair|cat|dog"
    fates = [split_of(key("ground", noun, ground)) for noun in ("cat", "dog", "bus", "egg") for ground in range(500)]
    assert 0.01 < fates.count("test") / len(fates) < 0.05 and 0.01 < fates.count("validation") / len(fates) < 0.05
    assert zlib.crc32(b"ground|cat|blue") % 40 not in (0, 1) and split_of("ground|cat|blue") == "train"


def test_every_drawing_that_is_asked_for_is_shown_in_training():
    voice = Voice(Dice(np.random.default_rng(0)), "en", "train")
    held_out = [
        (noun, style) for noun in NOUNS for style in DRAWN_STYLES if split_of(key("style", noun, style)) != "train"
    ]
    assert held_out
    for noun, style in held_out:
        assert any_scene(voice, 1, nouns=[noun], style=style).things[0].what == Icon(noun, style)


def test_what_is_drawn_from_words_is_tidy():
    rng = np.random.default_rng(1)
    for kind in ("draw.one", "draw.pair", "draw.count", "draw.layout", "draw.place"):
        for _ in range(10):
            for thing in sample_episode(rng, "train", kind).truth["scene"].things:
                assert thing.size == USUAL_SIZE and thing.what.style in DRAWN_STYLES
                assert {thing.x, thing.y} <= set(TIDY)


def test_more_than_four_things_stand_tidily():
    voice = Voice(Dice(np.random.default_rng(2)), "en", "train")
    scenes = [any_scene(voice, count) for count in (1, 4, 5, 6) for _ in range(20)]
    crowded = [scene for scene in scenes if len(scene.things) > 4]
    assert len(crowded) == 40
    assert all({thing.x, thing.y} <= set(TIDY) for scene in crowded for thing in scene.things)
    assert any(not {thing.x, thing.y} <= set(TIDY) for scene in scenes for thing in scene.things)


def test_a_step_of_a_puzzle_says_where_the_thing_is():
    rng = np.random.default_rng(5)
    for _ in range(10):
        steps = sample_episode(rng, "train", "puzzle.pictured", "en").steps
        said = [step.text for step in steps if isinstance(step, Say) and step.is_target][:-1]
        assert said and all(" at the " in text or " on the " in text or " in the middle" in text for text in said)


def test_a_tidy_thing_lies_on_the_pixels_in_the_same_way_everywhere():
    """96 px a side, 16 px a token: three columns are 32 px apart, two tokens."""
    lefts = {box_of(Placed(Icon("cat"), x, 64, USUAL_SIZE), 96)[1] - 32 * column for column, x in enumerate(TIDY)}
    assert len(lefts) == 1 and 0 <= lefts.pop() <= 32 - round(USUAL_SIZE * 0.75)


def test_a_held_out_style_is_never_taught():
    rng = np.random.default_rng(3)
    for _ in range(400):
        for scene in sample_episode(rng, "train").scenes:
            assert not {getattr(thing.what, "style", "noto") for thing in scene.things} & set(HELD_OUT_STYLES)


def test_pictures_follow_the_words():
    for episode in episodes("test", "edit.remove", 10):
        assert len(episode.truth["scene"].things) == len(episode.truth["before"].things) - 1
    for episode in episodes("test", "draw.count", 10):
        assert len(set(episode.truth["scene"].nouns)) == 1
    for episode in episodes("test", "puzzle.pictured", 10):
        assert [step.scene for step in episode.steps if isinstance(step, Show)][1:] == list(episode.truth["scenes"])


def test_unknown_words_are_explained():
    with pytest.raises(InputError, match='did you mean "walk'):
        sample_episode(np.random.default_rng(0), kind="walk.nexd")
    with pytest.raises(InputError, match="validation"):
        sample_episode(np.random.default_rng(0), "valid")


def test_a_throw_without_a_scene_is_thrown_again(monkeypatch):
    noun, ground = next(
        (noun, ground) for noun in NOUNS for ground in COLOURS if split_of(key("ground", noun, ground)) != "train"
    )
    voice = Voice(Dice(np.random.default_rng(0)), "en", "train")
    with pytest.raises(NoSceneError, match="allow more"):
        any_scene(voice, 1, ground, [noun])
    whole, throws = curriculum._BUILDERS["caption"], 0

    def fail_first(voice, options):
        nonlocal throws
        throws += 1
        return any_scene(voice, 1, ground, [noun]) if throws == 1 else whole(voice, options)

    monkeypatch.setitem(curriculum._BUILDERS, "caption", fail_first)
    assert sample_episode(np.random.default_rng(0), kind="caption").scenes and throws > 1
