"""What a picture shows: things anywhere on a ground. A scene is the truth behind the pixels."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError
from .drawables import Drawable, Icon
from .grounds import check_ground
from .streets import Street

UNITS = 128
"""Places and sizes are told in so many units a side, whatever the pixels."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Something in a square of `size` units around the centre (x, y)."""

    what: Drawable
    x: int
    y: int
    size: int

    @property
    def bottom(self) -> float:
        """The lower edge; what stands lower stands nearer and hides others."""
        return self.y + self.size / 2


@dataclass(frozen=True, slots=True)
class Scene:
    """Things from the farthest to the nearest, on a plain colour, at a place or in a street."""

    things: tuple[Placed, ...]
    ground: str | Street = "white"

    def __post_init__(self) -> None:
        if isinstance(self.ground, str):
            check_ground(self.ground)
        for thing in self.things:
            if not 4 <= thing.size <= UNITS:
                raise InputError(f"the size of {thing.what} is {thing.size}; expected 4 to {UNITS}")

    @property
    def nouns(self) -> tuple[str, ...]:
        """The nouns of all icons, from the farthest to the nearest."""
        return tuple(thing.what.noun for thing in self.things if isinstance(thing.what, Icon))


def stand(things: list[Placed], ground: str | Street = "white") -> Scene:
    """A scene in which what stands lower hides what stands higher."""
    return Scene(tuple(sorted(things, key=lambda thing: (thing.bottom, thing.x))), ground)
