import numpy as np
import pytest

from mindseye.errors import InputError
from mindseye.worlds import KINDS, is_held_out, sample_episode, sample_scene
from mindseye.worlds.sampling import held_out_pairs, held_out_singles, split_of
from mindseye.worlds.world import sample_sentences, world_called


def test_about_eight_percent_are_held_out():
    assert 0.06 < len(held_out_pairs()) / (50 * 49) < 0.10
    assert 0.06 < 2 * len(held_out_singles()) / (50 * 7 * 7) < 0.10


def test_training_never_shows_a_held_out_combination():
    rng = np.random.default_rng(1)
    assert not any(is_held_out(sample_scene(rng, "train")) for _ in range(3000))
    for _ in range(3000):
        assert not any(map(is_held_out, sample_episode(rng, "train").scenes))


def test_every_test_scene_and_episode_shows_one():
    rng = np.random.default_rng(2)
    for split in ("validation", "test"):
        assert all(split_of([sample_scene(rng, split)]) == split for _ in range(500))
    for kind in KINDS:
        for _ in range(20):
            assert split_of(sample_episode(rng, "test", kind).scenes) == "test"
            assert split_of(sample_episode(rng, "validation", kind).scenes) == "validation"


def test_validation_and_test_hold_out_different_combinations():
    fates = [*held_out_pairs().values(), *held_out_singles().values()]
    assert 0.4 < fates.count("test") / len(fates) < 0.6 and set(fates) == {"validation", "test"}


def test_the_same_seed_gives_the_same_episode():
    first, second = (sample_episode(np.random.default_rng(7)) for _ in range(2))
    assert first == second


def test_the_mix_decides_the_kinds():
    rng = np.random.default_rng(3)
    kinds = {sample_episode(rng, mix={"edit": 1, "edit.add": 0, "caption": 1}).kind for _ in range(200)}
    assert kinds == {"caption", "edit.remove", "edit.replace", "edit.move", "edit.recolour"}
    assert sample_episode(rng, kind="action").kind.startswith("action.")


def test_sentences_for_a_tokenizer():
    sentences = sample_sentences(world_called("corners"), np.random.default_rng(4), 300)
    assert len(sentences) >= 600 and all(sentences)
    assert 0.3 < np.mean([sentence.isascii() for sentence in sentences]) < 0.8


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"kind": "draw.pairs"}, '"draw.pair"'),
        ({"language": "cn"}, "en, zh"),
        ({"split": "tests"}, '"test"'),
        ({"mix": {"draw": 0.0}}, "empty"),
        ({"mix": {"draw": -1.0}}, "negative"),
    ],
)
def test_an_unknown_word_is_explained(options, hint):
    with pytest.raises(InputError, match=hint):
        sample_episode(np.random.default_rng(0), **options)


def test_an_empty_test_scene_cannot_be():
    with pytest.raises(InputError, match="no test scene"):
        sample_scene(np.random.default_rng(0), "test", 0)
