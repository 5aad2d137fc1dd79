"""Every set of wordings keeps two for those outside training, made of words that training says."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import numpy as np
import pytest

import mindseye.worlds.town as town
from mindseye.inputs.known_words import KnownWords
from mindseye.worlds.dice import Dice
from mindseye.worlds.town.order_words import DRAW, KEPT, PORTRAY
from mindseye.worlds.town.stray import asked_for
from mindseye.worlds.town.voice import Voice
from mindseye.worlds.world import sample_sentences, world_called


def tables(found: object, path: str = "") -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    """All tables of wordings in a value: texts by language."""
    if not isinstance(found, dict):
        return
    if set(found) == {"en", "zh"} and all(isinstance(texts, tuple) and len(texts) > 3 for texts in found.values()):
        if all("" not in texts for texts in found.values()):
            yield path, found
    else:
        for key, value in found.items():
            yield from tables(value, f"{path}.{key}")


WORDINGS = {
    id(table): (name, table)
    for module in pkgutil.iter_modules(town.__path__)
    for variable, value in vars(importlib.import_module(f"mindseye.worlds.town.{module.name}")).items()
    if variable.strip("_").isupper() and variable != "NUMBERS"
    for name, table in tables(value, f"{module.name}.{variable}")
}


@pytest.fixture(scope="module")
def known() -> KnownWords:
    return KnownWords.of(sample_sentences(world_called("town"), np.random.default_rng(0), 20_000))


def test_there_are_many() -> None:
    assert len(WORDINGS) > 50


@pytest.mark.parametrize("name, table", WORDINGS.values(), ids=[name for name, _ in WORDINGS.values()])
def test_what_is_kept_from_training_is_new_but_can_be_understood(
    name: str, table: dict[str, tuple[str, ...]], known: KnownWords
) -> None:
    for texts in table.values():
        assert len(set(texts)) == len(texts)
        for kept in texts[-2:]:
            assert not known.unknown_in(re.sub(r"\{\w+\}", " ", kept)), kept


def test_what_is_kept_from_training_is_trained_nowhere() -> None:
    """Neither in its own table nor in one that asks for the same in another lesson; the lexicon only shows some."""
    said = [(name, table) for name, table in WORDINGS.values() if not name.startswith("lexicon")]
    texts_of = [(name, language, texts) for name, table in said for language, texts in table.items()]
    trained = {(language, text) for _, language, texts in texts_of for text in texts[:-2]}
    kept = [(name, language, text) for name, language, texts in texts_of for text in texts[-2:]]
    assert [one for one in kept if one[1:] in trained] == []


def test_stray_words_never_make_up_what_is_kept() -> None:
    found: set[str] = set()
    for language in ("en", "zh"):
        voice = Voice(Dice(np.random.default_rng(0)), language, "train")
        found |= {asked_for(voice, table, "{it}") for table in (DRAW, PORTRAY) for _ in range(20_000)}
    assert not found & KEPT
    assert len(found) > 5_000
