"""The first world, as training sees it: fifty nouns in the corners or the middle of 64 x 64 pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from .captions import caption
from .corner_lexicon import LEXICON
from .curriculum import KINDS, MIX, sample_episode
from .judging import follows, kept_psnr
from .language import COLOUR_WORDS, PLACE_WORDS
from .misses import MISSES
from .nouns import KINDS as NOUN_KINDS
from .nouns import NOUNS
from .reading import read_scene
from .render import render
from .sampling import SPLITS, sample_scene
from .scenes import BACKGROUNDS, PICTURE_SIZE, PLACES, SIZES, Scene
from .world import World

PATCH_QUESTIONS: dict[str, tuple[str, ...]] = {
    "noun": ("nothing", *NOUNS),
    "size": ("nothing", *SIZES),
    "background": tuple(BACKGROUNDS),
}


def draw(scene: Scene, side: int = PICTURE_SIZE) -> np.ndarray:
    """(64, 64, 3) uint8; InputError for any other side."""
    if side != PICTURE_SIZE:
        raise InputError(f'the world "corners" is drawn at {PICTURE_SIZE} px a side, not {side}; set image_size')
    return render(scene)


def patch_truth(scene: Any, per_side: int) -> dict[str, np.ndarray]:
    """(rows, columns) right answers by question; a patch belongs to the thing in whose square it lies."""
    truth = {name: np.zeros((per_side, per_side), np.int64) for name in PATCH_QUESTIONS}
    truth["background"][:] = PATCH_QUESTIONS["background"].index(scene.background)
    for thing in scene.things:
        top, left = (start * per_side // PICTURE_SIZE for start in PLACES[thing.place])
        square = (slice(top, top + per_side // 2), slice(left, left + per_side // 2))
        truth["noun"][square] = PATCH_QUESTIONS["noun"].index(thing.noun)
        truth["size"][square] = PATCH_QUESTIONS["size"].index(thing.size)
    return truth


def objections(pixels: np.ndarray, truth: Mapping[str, Any]) -> tuple[str, ...]:
    """What was read in a picture that is not what was asked for; nothing where it is."""
    reading = read_scene(pixels)
    if follows(reading, truth):
        return ()
    said = caption("en", reading.best_guess)
    return (said if reading.is_clear else f"unclear, most like: {said}",)


def kept_db(pixels: np.ndarray, before: Scene, target: Scene) -> float | None:
    """PSNR in dB over what should have stayed."""
    return kept_psnr(render(before), pixels, before, target)


def is_foreign(pixels: np.ndarray) -> bool:
    """Whether nothing in a picture is a thing of the world, or its background none of the world's colours."""
    try:
        reading = read_scene(pixels)
    except InputError:
        return True
    return not any(mark.is_recognised for mark in reading.marks) and not reading.is_clear


WORLD = World(
    name="corners",
    picture_size=PICTURE_SIZE,
    splits=SPLITS,
    kinds=KINDS,
    mix=MIX,
    thinks=(),
    sample_episode=sample_episode,
    sample_scene=lambda rng, split: sample_scene(rng, split),
    render=draw,
    words=(
        *(noun.zh for noun in NOUNS.values()),
        *(kind.zh for kind in NOUN_KINDS.values()),
        *PLACE_WORDS.values(),
        *COLOUR_WORDS.values(),
    ),
    misses=MISSES,
    objections=objections,
    kept_db=kept_db,
    lexicon=LEXICON,
    is_foreign=is_foreign,
    told=lambda scene, language: caption(language, scene),
    patch_questions=PATCH_QUESTIONS,
    patch_truth=patch_truth,
    naming="noun",
    names={"en": ("", *NOUNS), "zh": ("", *(noun.zh for noun in NOUNS.values()))},
)
