"""What `mindseye words` proposes is what lessons say."""

import numpy as np
import pytest

from mindseye.inputs.known_words import KnownWords
from mindseye.worlds.lexicon import VERBS
from mindseye.worlds.nouns import NOUNS as CORNER_NOUNS
from mindseye.worlds.town.nouns import NOUNS as TOWN_NOUNS
from mindseye.worlds.world import WORLDS, sample_sentences, world_called

NUM_EPISODES = 20_000


@pytest.fixture(scope="module", params=WORLDS)
def world_and_words(request):
    world = world_called(request.param)
    rng = np.random.default_rng(3)
    return world, KnownWords.of(sample_sentences(world, rng, NUM_EPISODES))


def test_every_sentence_is_made_of_words_that_lessons_say(world_and_words) -> None:
    world, known = world_and_words
    for verb in VERBS:
        for language in ("en", "zh"):
            found = world.lexicon.sentences(verb, language)
            assert found and not any("{" in sentence for sentence in found)
            assert {sentence: known.unknown_in(sentence) for sentence in found if known.unknown_in(sentence)} == {}


def test_every_trait_is_made_of_words_that_lessons_say(world_and_words) -> None:
    world, known = world_and_words
    for language in ("en", "zh"):
        for title, names in world.lexicon.traits(language).items():
            assert names, title
            assert {name for name in names if known.unknown_in(name)} == set(), title


@pytest.mark.parametrize("world, nouns", [("corners", CORNER_NOUNS), ("town", TOWN_NOUNS)])
def test_all_things_are_listed(world: str, nouns: dict) -> None:
    listed = [name for names in world_called(world).lexicon.things().values() for name, _ in names]
    assert sorted(listed) == sorted(nouns)
