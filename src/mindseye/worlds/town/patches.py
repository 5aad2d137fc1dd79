"""What the eyes are asked about every patch of a picture: what is there, how big, and on which ground."""
# S side of a picture in px, R patches a side

from __future__ import annotations

import numpy as np

from .drawables import Icon, sprite_of, word_of
from .garments import GARMENT_COLOURS, GARMENT_WORDS, PATTERNS, SHAPES, Garment
from .grounds import COLOURS, PLACES
from .nouns import NOUNS
from .people import WHO, Person
from .props import PROPS
from .render import box_of
from .scenes import Placed, Scene
from .states import STATES
from .styles import TAUGHT_STYLES

_SIZES = ("nothing", "tiny", "small", "middle", "big")
_LIMITS = (24, 34, 50)  # units: the biggest tiny, small and middle size
QUESTIONS: dict[str, tuple[str, ...]] = {
    "what": ("nothing", *NOUNS, *STATES[1:], *PROPS, *WHO, *SHAPES),
    "size": _SIZES,
    "style": ("nothing", *TAUGHT_STYLES),
    "clothes": ("nothing", *SHAPES),
    "colour": ("nothing", *GARMENT_COLOURS),
    "pattern": ("nothing", *PATTERNS),
    "ground": (*COLOURS, *PLACES, "street"),
}
_UNNAMED = ("",) * len((*STATES[1:], *PROPS))
NAMES: dict[str, tuple[str, ...]] = {
    "en": ("", *NOUNS, *_UNNAMED, *WHO, *SHAPES),
    "zh": ("", *(n.zh for n in NOUNS.values()), *_UNNAMED, *WHO.values(), *(GARMENT_WORDS[one][0] for one in SHAPES)),
}
"""The answers to "what" as words; what is broken, molten or a prop of an experiment goes without a name."""
_COVERED = 0.2  # share of a patch that a thing covers to be what is there
_INDEX = {name: {word: number for number, word in enumerate(words)} for name, words in QUESTIONS.items()}


def patch_truth(scene: Scene, per_side: int) -> dict[str, np.ndarray]:
    """(R, R) right answers by question; what is nearest hides what is behind it."""
    truth = {name: np.zeros((per_side, per_side), np.int64) for name in QUESTIONS}
    truth["ground"][:] = _INDEX["ground"][scene.ground if isinstance(scene.ground, str) else "street"]
    for thing in scene.things:
        is_there = _coverage(thing, per_side) >= _COVERED
        for name, word in _answers(thing).items():
            truth[name][is_there] = _INDEX[name].get(word, 0)
    return truth


def _answers(thing: Placed) -> dict[str, str]:
    what = thing.what
    size = _SIZES[1 + sum(thing.size > limit for limit in _LIMITS)]
    garment = what if isinstance(what, Garment) else what.garment if isinstance(what, Person) else None
    clothes = {"clothes": garment.kind, "colour": garment.colour, "pattern": garment.pattern} if garment else {}
    none = dict.fromkeys(("clothes", "colour", "pattern"), "nothing")
    style = what.style if isinstance(what, Icon) else "nothing"
    return {"what": word_of(what), "size": size, "style": style, **none, **clothes}


def _coverage(thing: Placed, per_side: int) -> np.ndarray:
    """(R, R) share of each patch that the thing covers, 0 to 1."""
    cells = 4  # a side of a patch
    side = per_side * cells
    covered = np.zeros((side, side), np.float32)
    top, left, size = box_of(thing, side)
    alpha = sprite_of(thing.what, size)[..., 3] / 255.0
    rows, columns = (slice(max(0, start), max(0, min(side, start + size))) for start in (top, left))
    covered[rows, columns] = alpha[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return covered.reshape(per_side, cells, per_side, cells).mean(axis=(1, 3))
