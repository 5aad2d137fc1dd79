"""Random scenes, split so that some combinations of words are never seen in training.

Held out are about 8 % of all pairs of different nouns, and on every background but white (the default of a
drawing) about 8 % of what one thing can be: a noun on a background at a place, or a noun on a background in
a size. A "train" scene holds none of them. Half of them are for validation, half for the test: a "test" scene holds at
least one of the test's, a "validation" scene one of its own and none of the test's. The hash is fixed for ever.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import combinations

import numpy as np

from ..errors import InputError, nearest
from .nouns import NOUNS
from .scenes import BACKGROUNDS, CORNERS, PLACES, SIZES, Scene, Thing

SPLITS: tuple[str, ...] = ("train", "validation", "test")
ALL_NOUNS = tuple(NOUNS)
ALL_BACKGROUNDS = tuple(BACKGROUNDS)

_MAX_TRIES = 10_000
_REPEAT_SHARE = 0.3  # scenes of several things in which one noun may come more than once
_MIDDLE_SHARE = 0.5  # lone things that stand in the middle


def is_held_out(scene: Scene) -> bool:
    """Whether the scene holds at least one combination of words that training never shows."""
    return split_of([scene]) != "train"


def split_of(scenes: Iterable[Scene]) -> str:
    """The split of an episode with these scenes: "test" with a test combination in any, else "validation", "train"."""
    found = {split for scene in scenes for split in _splits_in(scene)}
    return "test" if "test" in found else "validation" if found else "train"


def _splits_in(scene: Scene) -> set[str]:
    pairs, singles, ground = held_out_pairs(), held_out_singles(), scene.background
    couples = combinations([thing.noun for thing in scene.things], 2)
    found = {pairs[couple] for couple in couples if couple in pairs}
    if ground != "white":
        looks = [(thing.noun, ground, word) for thing in scene.things for word in (thing.place, thing.size)]
        found |= {singles[look] for look in looks if look in singles}
    return found


@cache
def held_out_pairs() -> dict[tuple[str, str], str]:
    """Pairs of different nouns in both orders to their split; one in 12 is held out."""
    chosen = {pair: split for pair in combinations(sorted(NOUNS), 2) if (split := _fate(pair, 12))}
    return chosen | {(second, first): split for (first, second), split in chosen.items()}


@cache
def held_out_singles() -> dict[tuple[str, str, str], str]:
    """(noun, background, place or size) on every background but white to its split; one in 25 of each is held out."""
    words = [*PLACES, *SIZES]
    coloured = [background for background in BACKGROUNDS if background != "white"]
    combos = ((noun, background, word) for noun in NOUNS for background in coloured for word in words)
    return {combo: split for combo in combos if (split := _fate(combo, 25))}


def sample_scene(
    rng: np.random.Generator,
    split: str = "train",
    num_things: int | None = None,
    nouns: Sequence[str] = ALL_NOUNS,
    background: str | None = None,
) -> Scene:
    """A random scene of 1 to 4 things, or of exactly `num_things` (0 to 4), out of `nouns`.

    Raises InputError when the split cannot be reached, such as a test scene without things.
    """
    check_split(split)
    if num_things is not None and not 0 <= num_things <= 4:
        raise InputError(f"num_things is {num_things}; a picture holds 0 to 4 things")
    for _ in range(_MAX_TRIES):
        scene = any_scene(rng, num_things, nouns, background)
        if split_of([scene]) == split:
            return scene
    raise InputError(f"found no {split} scene of {num_things} things among {len(nouns)} nouns; allow more")


def check_split(split: str) -> None:
    """Raise InputError unless `split` is "train", "validation" or "test"."""
    if split not in SPLITS:
        raise InputError(f'unknown split "{split}"{nearest(split, SPLITS)}; known: {", ".join(SPLITS)}')


def any_scene(
    rng: np.random.Generator,
    num_things: int | None = None,
    nouns: Sequence[str] = ALL_NOUNS,
    background: str | None = None,
) -> Scene:
    """A random scene as from `sample_scene`, of either split."""
    dice = rng.random(16).tolist()  # one call: scalars out of a Generator are slow
    count = 1 + int(dice[0] * 4) if num_things is None else num_things
    ground = background or ALL_BACKGROUNDS[int(dice[1] * len(ALL_BACKGROUNDS))]
    if count == 1 and dice[2] < _MIDDLE_SHARE:
        places = ["middle"]
    else:
        places = [place for _, place in sorted(zip(dice[4:8], CORNERS))[:count]]
    may_repeat = dice[3] < _REPEAT_SHARE or len(nouns) < count
    pool = [nouns[int(die * len(nouns))] for die in dice[8:12]]
    if may_repeat:
        pool = [pool[int(die * 2)] for die in dice[8:12]]
    elif len(set(pool[:count])) < count:
        pool = _distinct(rng, nouns, count)
    sizes = ["big" if die < 0.5 else "small" for die in dice[12:16]]
    return Scene(tuple(map(Thing, pool[:count], places, sizes)), ground)


def _distinct(rng: np.random.Generator, nouns: Sequence[str], count: int) -> list[str]:
    return [nouns[index] for index in rng.permutation(len(nouns))[:count]]


def _fate(words: Sequence[str], one_in: int) -> str | None:
    """The split that a hash holds the combination out for, if any."""
    hashed = zlib.crc32("|".join(words).encode())
    if hashed % one_in:
        return None
    return "validation" if hashed // one_in % 2 else "test"
