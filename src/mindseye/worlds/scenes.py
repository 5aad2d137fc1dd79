"""What a picture shows: things at places on a background. A scene is the truth behind 64x64 pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import InputError, nearest
from .nouns import NOUNS, noun_of
from .sprites import STYLES

Size = Literal["big", "small"]
Place = Literal["top left", "top right", "bottom left", "bottom right", "middle"]

PICTURE_SIZE = 64  # px a side
CELL_SIZE = 32  # px a side
SIZES: dict[str, int] = {"big": 30, "small": 20}  # px a side of a drawn icon
CORNERS: tuple[str, ...] = ("top left", "top right", "bottom left", "bottom right")
"""The four cells in reading order."""
PLACES: dict[str, tuple[int, int]] = {  # (top, left) px of the place's square
    "top left": (0, 0),
    "top right": (0, 32),
    "bottom left": (32, 0),
    "bottom right": (32, 32),
    "middle": (16, 16),
}
BACKGROUNDS: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "gray": (140, 140, 140),
    "red": (226, 115, 115),
    "orange": (245, 176, 100),
    "yellow": (250, 238, 130),
    "green": (135, 200, 130),
    "blue": (125, 172, 232),
    "purple": (178, 138, 215),
}
_PLACE_ORDER = {place: index for index, place in enumerate(PLACES)}


@dataclass(frozen=True, slots=True)
class Thing:
    """One noun drawn big (30 px) or small (20 px) in the centre of a place."""

    noun: str
    place: str
    size: str = "big"

    def __post_init__(self) -> None:
        if self.noun not in NOUNS:
            noun_of(self.noun)
        if self.place not in PLACES:
            raise InputError(_unknown("place", self.place, PLACES))
        if self.size not in SIZES:
            raise InputError(_unknown("size", self.size, SIZES))


@dataclass(frozen=True, slots=True)
class Scene:
    """Zero to four things, kept in reading order, so that equal pictures are equal scenes."""

    things: tuple[Thing, ...]
    background: str = "white"
    style: str = "noto"

    def __post_init__(self) -> None:
        if self.background not in BACKGROUNDS:
            raise InputError(_unknown("background", self.background, BACKGROUNDS))
        if self.style not in STYLES:
            raise InputError(_unknown("style", self.style, STYLES))
        things = sorted(self.things, key=lambda thing: _PLACE_ORDER[thing.place])
        places = [thing.place for thing in things]
        if len(set(places)) < len(places):
            raise InputError(f"two things share one place: {', '.join(places)}; give each its own")
        if "middle" in places and len(places) > 1:
            raise InputError("the middle is only for a thing that stands alone; use the four corners")
        object.__setattr__(self, "things", tuple(things))

    @property
    def free_places(self) -> tuple[str, ...]:
        """The empty corners in reading order; none while something stands in the middle."""
        taken = {thing.place for thing in self.things}
        return () if "middle" in taken else tuple(place for place in CORNERS if place not in taken)

    def at(self, place: str) -> Thing | None:
        """What stands at `place`, or None."""
        return next((thing for thing in self.things if thing.place == place), None)

    def all_of(self, noun: str) -> tuple[Thing, ...]:
        """Every thing of that noun."""
        return tuple(thing for thing in self.things if thing.noun == noun)


def _unknown(what: str, word: str, known: dict) -> str:
    return f'unknown {what} "{word}"{nearest(word, known)}; known: {", ".join(known)}'
