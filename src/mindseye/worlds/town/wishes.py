"""What a request for a picture asks for; every picture that has it is right."""

from __future__ import annotations

from dataclasses import dataclass

from .areas import BIG, SMALL, may_be_in
from .drawables import Drawable
from .relations import holds
from .scenes import Placed

LEAST, MOST = 20, 100  # units: sizes that count as something drawn
_SLACK = 4  # units by which a size may miss its word


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that must be there; None means that its size or area was left unsaid."""

    what: Drawable
    size: str | None = None
    area: str | None = None

    @property
    def sizes(self) -> tuple[int, int]:
        """The smallest and the biggest size that fit the word."""
        return {"small": (LEAST, SMALL + _SLACK), "big": (BIG - _SLACK, MOST), None: (LEAST, MOST)}[self.size]

    def fits(self, thing: Placed, is_on_place: bool) -> bool:
        """Whether a thing of that noun lies where it was wanted and is as big."""
        low, high = self.sizes
        is_there = self.area is None or may_be_in(thing, self.area, is_on_place)
        return low <= thing.size <= high and is_there


@dataclass(frozen=True, slots=True)
class Wish:
    """Exactly these things beside `kept` ones that stay where they are, with this relation of the first two.

    grounds: those of which one must be there. styles: those of which one draws all of the wanted things.
    """

    wanted: tuple[Wanted, ...]
    grounds: tuple[str, ...]
    styles: tuple[str, ...]
    relation: str | None = None
    kept: tuple[Placed, ...] = ()

    def agrees(self, found: tuple[Placed, ...], is_on_place: bool) -> bool:
        """Whether things found for `wanted`, in that order, fit the words."""
        if not all(wanted.fits(thing, is_on_place) for wanted, thing in zip(self.wanted, found, strict=True)):
            return False
        return self.relation is None or holds(found[0], self.relation, found[1])
