"""What a thing could be mistaken for: a person would tell each of these apart from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import lru_cache

import numpy as np

from .drawables import Drawable, Icon, Prop, sprite_of
from .garments import GARMENT_COLOURS, PATTERNS, SHAPES, Garment
from .people import ACCESSORIES, GESTURES, HAIR, WHO, Person
from .scenes import Placed
from .states import STATES
from .styles import TAUGHT_STYLES, load_sheet

NEIGHBOURS = 12  # nouns that look most alike
_SMALL = 24  # px at which looks are compared
_OTHER_SIZES = (0.72, 1.38)
_OTHER_PROPS = {
    "lit candle": "dark candle",
    "dark candle": "lit candle",
    "tower": "heap",
    "heap": "tower",
    "dominoes": "fallen dominoes",
    "fallen dominoes": "dominoes",
}
_WORDS = {
    "who": WHO,
    "hair": HAIR,
    "accessory": (None, *ACCESSORIES),
    "gesture": GESTURES,
    "kind": SHAPES,
    "colour": GARMENT_COLOURS,
    "pattern": PATTERNS,
}


def rivals_of(thing: Placed) -> Iterator[Placed]:
    """The thing as it should not be: another noun, state, style, size, or one other word of its description."""
    for what in rivals_in_place(thing.what):
        yield replace(thing, what=what)
    for factor in _OTHER_SIZES:
        size = round(thing.size * factor)
        if 8 <= size <= 120:  # it stands on the same ground
            yield replace(thing, size=size, y=round(thing.bottom - size / 2))


@lru_cache(maxsize=4096)
def rivals_in_place(what: Drawable) -> tuple[Drawable, ...]:
    """Other things of the same size that are one word away."""
    if isinstance(what, Icon):
        others = [replace(what, style=style) for style in TAUGHT_STYLES if style != what.style]
        others += [replace(what, state=state) for state in STATES if state != what.state]
        return (*others, *(replace(what, noun=noun) for noun in neighbours(what.noun, what.style)))
    if isinstance(what, Prop):
        return (replace(what, name=_OTHER_PROPS[what.name]),) if what.name in _OTHER_PROPS else ()
    if isinstance(what, Person):
        clothes = tuple(replace(what, garment=other) for other in rivals_in_place(what.garment))  # type: ignore[arg-type]
        return (*_one_word_off(what), *clothes)
    return tuple(_one_word_off(what))


@lru_cache(maxsize=4096)
def neighbours(noun: str, style: str) -> tuple[str, ...]:
    """The nouns whose drawings look most like that of `noun`, the nearest first."""
    names, looks = _looks(style)
    distances = ((looks - looks[names.index(noun)]) ** 2).sum(axis=1)
    return tuple(names[index] for index in distances.argsort()[1 : NEIGHBOURS + 1])


@lru_cache(maxsize=8)
def _looks(style: str) -> tuple[tuple[str, ...], np.ndarray]:
    """(nouns, numbers): every drawing on gray."""
    names = tuple(load_sheet(style))
    sprites = np.stack([sprite_of(Icon(name, style), _SMALL) for name in names]).astype(np.float32)
    drawn = sprites[..., :3] + 128 * (1 - sprites[..., 3:] / 255)
    return names, drawn.reshape(len(names), -1)


def _one_word_off(what: Person | Garment) -> Iterator[Drawable]:
    for field in fields(what):
        for word in _WORDS.get(field.name, ()):
            if word != getattr(what, field.name):
                yield replace(what, **{field.name: word})  # type: ignore[arg-type]
