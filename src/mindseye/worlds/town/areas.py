"""Where things are, in words: nine areas of a plain picture, three of a place; and small or big."""

from __future__ import annotations

from .grounds import is_place
from .scenes import UNITS, Placed
from .streets import Street

COLUMNS: tuple[str, ...] = ("left", "middle", "right")
ROWS: tuple[str, ...] = ("top", "middle", "bottom")
AREAS: tuple[str, ...] = (
    "top left",
    "top",
    "top right",
    "left",
    "middle",
    "right",
    "bottom left",
    "bottom",
    "bottom right",
)
"""The nine areas in reading order."""
BORDER = 5  # units on either side of a border between areas where nobody could say which it is
SMALL, BIG = 32, 50  # units: up to here a thing is small, from here on big


def area_of(thing: Placed, ground: str | Street) -> str | None:
    """The area in which the thing's centre lies, or None so near a border that it could be either."""
    column = _third(thing.x)
    if isinstance(ground, Street):
        return None
    if is_place(ground):
        return None if column is None else COLUMNS[column]
    row = _third(thing.y)
    return None if column is None or row is None else AREAS[3 * row + column]


def may_be_in(thing: Placed, area: str, is_on_place: bool) -> bool:
    """Whether a person would let the thing count as being in `area`; at a border it counts for both."""
    row, column = divmod(AREAS.index(area), 3)
    fits = _reaches(thing.x, column)
    return fits if is_on_place else fits and _reaches(thing.y, row)


def centre_of(area: str) -> tuple[int, int]:
    """The middle of an area: x, y."""
    row, column = divmod(AREAS.index(area), 3)
    return tuple(round(UNITS * (2 * n + 1) / 6) for n in (column, row))  # type: ignore[return-value]


def size_word(size: int) -> str | None:
    """ "small", "big", or None for what is between."""
    return "small" if size <= SMALL else "big" if size >= BIG else None


def _third(value: int) -> int | None:
    third = UNITS / 3
    if any(abs(value - border) < BORDER for border in (third, 2 * third)):
        return None
    return int(value // third)


def _reaches(value: int, number: int) -> bool:
    third = UNITS / 3
    return number * third - BORDER <= value <= (number + 1) * third + BORDER
