"""Random scenes, split so that some combinations of words are never seen in training.

Held out are about 8 % of all pairs of different nouns, and on every background but white (the default of a
drawing) about 8 % of what one thing can be: a noun on a background at a place, or a noun on a background in
a size. A "train" scene holds none of them, a "test" scene at least one. The hash is fixed for ever.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import Literal

import numpy as np

from mindseye.errors import InputError, nearest
from mindseye.worlds.nouns import NOUNS
from mindseye.worlds.scenes import BACKGROUNDS, CORNERS, PLACES, SIZES, Scene, Thing

Split = Literal["train", "test"]
SPLITS: tuple[str, ...] = ("train", "test")
ALL_NOUNS = tuple(NOUNS)
ALL_BACKGROUNDS = tuple(BACKGROUNDS)

_MAX_TRIES = 10_000
_REPEAT_SHARE = 0.3  # scenes of several things in which one noun may come more than once
_MIDDLE_SHARE = 0.5  # lone things that stand in the middle


def is_held_out(scene: Scene) -> bool:
    """Whether the scene holds at least one combination of words that training never shows."""
    pairs, singles = held_out_pairs(), held_out_singles()
    ground = scene.background
    if ground != "white":
        for thing in scene.things:
            if (thing.noun, ground, thing.place) in singles or (thing.noun, ground, thing.size) in singles:
                return True
    if len(scene.things) < 2:
        return False
    names = [thing.noun for thing in scene.things]
    return any(pair in pairs for pair in combinations(names, 2))


def belongs(scenes: Sequence[Scene], split: str) -> bool:
    """Whether these scenes together may stand in `split`: all free for "train", any held out for "test"."""
    check_split(split)
    return any(is_held_out(scene) for scene in scenes) == (split == "test")


@cache
def held_out_pairs() -> frozenset[tuple[str, str]]:
    """Pairs of different nouns in both orders; one in 12."""
    chosen = {pair for pair in combinations(sorted(NOUNS), 2) if _falls_out(pair, 12)}
    return frozenset(chosen | {(second, first) for first, second in chosen})


@cache
def held_out_singles() -> frozenset[tuple[str, str, str]]:
    """(noun, background, place or size) on every background but white; one in 25 of each."""
    words = [*PLACES, *SIZES]
    coloured = [background for background in BACKGROUNDS if background != "white"]
    combos = ((noun, background, word) for noun in NOUNS for background in coloured for word in words)
    return frozenset(combo for combo in combos if _falls_out(combo, 25))


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
        if is_held_out(scene) == (split == "test"):
            return scene
    raise InputError(f"found no {split} scene of {num_things} things among {len(nouns)} nouns; allow more")


def check_split(split: str) -> None:
    """Raise InputError unless `split` is "train" or "test"."""
    if split not in SPLITS:
        raise InputError(f'unknown split "{split}"{nearest(split, SPLITS)}; known: train, test')


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


def _falls_out(words: Sequence[str], one_in: int) -> bool:
    return zlib.crc32("|".join(words).encode()) % one_in == 0
