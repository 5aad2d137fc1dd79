"""All that can stand in a scene, and its sprite at a size."""
# S side of a sprite in px

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageOps

from ...errors import InputError, nearest
from .doll import paint_person
from .garments import Garment, garment_words, paint_garment
from .hands import by_hand
from .nouns import check_noun
from .people import Person
from .props import PROPS, paint_prop
from .states import STATES, in_state
from .styles import check_style, load_sheet


@dataclass(frozen=True, slots=True)
class Icon:
    """A noun drawn in a style, whole or not; `hand` above 0 (up to 1,000) draws it in a way of its own."""

    noun: str
    style: str = "noto"
    state: str = "whole"
    hand: int = 0

    def __post_init__(self) -> None:
        check_noun(self.noun)
        check_style(self.style)
        if self.state not in STATES:
            raise InputError(f'unknown state "{self.state}"; known: {", ".join(STATES)}')


@dataclass(frozen=True, slots=True)
class Prop:
    """A piece of an experiment's stage."""

    name: str
    is_mirrored: bool = False

    def __post_init__(self) -> None:
        if self.name not in PROPS:
            raise InputError(f'unknown prop "{self.name}"{nearest(self.name, PROPS)}; known: {", ".join(PROPS)}')


Drawable = Icon | Prop | Person | Garment


def word_of(what: Drawable) -> str:
    """One English word for it, as the eyes learn it."""
    if isinstance(what, Icon):
        return what.noun if what.state == "whole" else what.state
    if isinstance(what, Prop):
        return what.name
    return what.who if isinstance(what, Person) else what.kind


def described(what: Drawable) -> str:
    """English words that tell it from its like: "broken vase in noto style", "red dotted dress"."""
    if isinstance(what, Icon):
        return f"{'' if what.state == 'whole' else f'{what.state} '}{what.noun} in {what.style} style"
    if isinstance(what, Prop):
        return what.name
    if isinstance(what, Garment):
        return garment_words("en", what)
    carried = f", {what.accessory}" if what.accessory else ""
    clothes = garment_words("en", what.garment)
    return f"{what.gesture} {what.who} with {what.hair} hair, {clothes}{carried}"


@lru_cache(maxsize=16_384)
def sprite_of(what: Drawable, side: int) -> np.ndarray:
    """(S, S, 4) uint8, colours premultiplied by alpha, read-only."""
    small = _painted(what).convert("RGBa").resize((side, side), Image.Resampling.LANCZOS)
    sprite = np.frombuffer(small.tobytes(), np.uint8).reshape(side, side, 4).copy()
    np.minimum(sprite[..., :3], sprite[..., 3:], out=sprite[..., :3])  # Lanczos may overshoot at an edge
    sprite.setflags(write=False)
    return sprite


@lru_cache(maxsize=512)
def _painted(what: Drawable) -> Image.Image:
    if isinstance(what, Icon):
        sheet = load_sheet(what.style)
        if what.noun not in sheet:
            raise InputError(f'the style "{what.style}" does not draw "{what.noun}"')
        drawn = sheet[what.noun]
        return in_state(by_hand(drawn, what.hand) if what.hand else drawn, what.state)
    if isinstance(what, Prop):
        painted = paint_prop(what.name)
        return ImageOps.mirror(painted) if what.is_mirrored else painted
    return paint_person(what) if isinstance(what, Person) else paint_garment(what)
