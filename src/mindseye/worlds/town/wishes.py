"""What a request for a picture asks for; every picture that has it is right."""

from __future__ import annotations

from dataclasses import dataclass

from .areas import may_be_in
from .drawables import Drawable
from .relations import holds
from .scenes import Placed

LEAST, MOST = 20, 100  # units: sizes that count as something drawn


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that must be there; None means that its area was left unsaid."""

    what: Drawable
    area: str | None = None

    def fits(self, thing: Placed, is_on_place: bool) -> bool:
        """Whether a thing of that noun lies where it was wanted and is of a size that counts."""
        is_there = self.area is None or may_be_in(thing, self.area, is_on_place)
        return LEAST <= thing.size <= MOST and is_there


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
