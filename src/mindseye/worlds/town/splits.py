"""Which combinations of words are for training, for validation and for the test: by a hash that is fixed for ever.

A combination is a key such as "ground|cat|blue". What a request is about decides where it belongs: a test request is
about at least one test key, a training request touches only training keys, in its words and in all its pictures.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations

from ...errors import InputError, nearest
from .areas import area_of
from .drawables import Icon
from .garments import Garment
from .people import Person
from .scenes import Placed, Scene

SPLITS: tuple[str, ...] = ("train", "validation", "test")
_ONE_IN = {"pair": 60, "ground": 40, "area": 40, "style": 40, "size": 40}
_ONE_IN_ELSE = 12


def check_split(split: str) -> None:
    """Raise InputError unless `split` is "train", "validation" or "test"."""
    if split not in SPLITS:
        raise InputError(f'unknown split "{split}"{nearest(split, SPLITS)}; known: {", ".join(SPLITS)}')


def key(name: str, *words: object) -> str:
    """A combination of words; the words of a pair are put in order."""
    said = [str(word) for word in words]
    return "|".join([name, *(sorted(said) if name == "pair" else said)])


@lru_cache(maxsize=200_000)
def split_of(combination: str) -> str:
    """The split that a key belongs to."""
    fate = zlib.crc32(combination.encode()) % _ONE_IN.get(combination.split("|")[0], _ONE_IN_ELSE)
    return {0: "test", 1: "validation"}.get(fate, "train")


def keys_of(scene: Scene) -> set[str]:
    """Every combination that the picture shows."""
    found = {key("pair", *pair) for pair in combinations(scene.nouns, 2) if pair[0] != pair[1]}
    for thing in scene.things:
        found |= keys_of_thing(thing, scene)
    return found


def keys_of_thing(thing: Placed, scene: Scene) -> set[str]:
    """The combinations of one thing with its size, its area and the ground, or of a person's looks.

    A drawing that was never shown cannot be known, so a noun in a style or state is held out in words alone.
    """
    what = thing.what
    ground = scene.ground if isinstance(scene.ground, str) else "walk"
    if isinstance(what, Icon):
        area = area_of(thing, scene.ground)
        found = {key("area", what.noun, area)} if area else set()
        return found | {key("ground", what.noun, ground)}
    if isinstance(what, Garment):
        return {garment_key(what)}
    if isinstance(what, Person):
        found = {key("person", what.who, ground), key("hair", what.who, what.hair), garment_key(what.garment)}
        return found | {key("wears", what.who, what.garment.kind, what.garment.colour)}
    return set()


def garment_key(garment: Garment) -> str:
    """The combination of kind, colour and pattern."""
    return key("garment", garment.kind, garment.colour, garment.pattern)


def are_for_training(keys: Iterable[str]) -> bool:
    """Whether none of the combinations is kept for another split."""
    return all(split_of(one) == "train" for one in keys)


def belongs(about: Iterable[str], scenes: Iterable[Scene], split: str) -> bool:
    """Whether a request about these keys that shows these scenes may stand in `split`."""
    if split == "train":
        return are_for_training(about) and all(are_for_training(keys_of(scene)) for scene in scenes)
    found = {split_of(one) for one in about}
    return split in found and (split == "test" or "test" not in found)
