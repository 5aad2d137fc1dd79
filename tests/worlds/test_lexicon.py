"""What can be said is what is trained, no more and no less."""

import numpy as np
import pytest

from mindseye.worlds import NOUNS
from mindseye.worlds.lexicon import CHINESE, VERBS, WORD, known_words, sentences, things, unknown_words
from mindseye.worlds.world import sample_sentences, world_called


@pytest.fixture(scope="module")
def said() -> str:
    return " ".join(sample_sentences(world_called("corners"), np.random.default_rng(3), 20_000)).lower()


def test_known_words_are_those_of_the_training(said: str) -> None:
    words, characters = known_words()
    assert set(WORD.findall(said)) == words
    assert set(CHINESE.findall(said)) <= characters
    assert len(characters - set(CHINESE.findall(said))) < 5


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "draw"])
def test_every_sentence_is_made_of_known_words(verb: str, language: str) -> None:
    found = sentences(verb, language)
    assert found and not any("{" in sentence or unknown_words(sentence) for sentence in found)


def test_all_things_are_listed() -> None:
    assert [name for names in things().values() for name, _ in names] == list(NOUNS)


def test_unknown_words_are_named_once() -> None:
    assert unknown_words("A unicorn, a UNICORN and a kitten on the cat 独角猫独") == ["unicorn", "kitten", "独", "角"]
