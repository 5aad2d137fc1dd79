"""Where things are, in words: nine areas of a plain picture, three of a place."""

from __future__ import annotations

from .grounds import is_place
from .scenes import UNITS, Placed, Scene
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
TIDY = (21, 64, 107)
"""Columns and rows of tidy things, in units. A token of the pocket model is 21 1/3 wide, so a tidy thing of up to 42
lies in the same way in two by two tokens wherever it is, and its drawing need be learnt only once. In 96 px it also
lies in the same way on the pixels, when its size is a multiple of 8."""
USUAL_SIZE = 40  # units, of tidy things


def area_of(thing: Placed, ground: str | Street) -> str | None:
    """The area in which the thing's centre lies, or None so near a border that it could be either."""
    column = _third(thing.x)
    if isinstance(ground, Street):
        return None
    if is_place(ground):
        return None if column is None else COLUMNS[column]
    row = _third(thing.y)
    return None if column is None or row is None else AREAS[3 * row + column]


def nearest_area(thing: Placed, ground: str | Street) -> str:
    """The area in which the thing's centre lies, near a border too; in a street its column."""
    row, column = (min(int(at * 3 // UNITS), 2) for at in (max(thing.y, 0), max(thing.x, 0)))
    return COLUMNS[column] if isinstance(ground, Street) or is_place(ground) else AREAS[3 * row + column]


def reach_of(area: str, is_on_place: bool) -> tuple[tuple[float, float], tuple[float, float]]:
    """From where to where a centre would count as being in `area`: in x, in y; at a border it counts for both."""
    third = UNITS / 3
    row, column = divmod(AREAS.index(area), 3)
    x, y = ((number * third - BORDER, (number + 1) * third + BORDER) for number in (column, row))
    return x, ((0, UNITS) if is_on_place else y)


def may_be_in(thing: Placed, area: str, is_on_place: bool) -> bool:
    """Whether a person would let the thing count as being in `area`."""
    return all(low <= at <= high for at, (low, high) in zip((thing.x, thing.y), reach_of(area, is_on_place)))


def centre_of(area: str) -> tuple[int, int]:
    """Where a thing is drawn that is asked for in an area: x, y, of three tidy columns and rows."""
    row, column = divmod(AREAS.index(area), 3)
    return TIDY[column], TIDY[row]


def in_reading_order(scene: Scene) -> list[Placed]:
    """Things as they are listed: row by row from the left, at a place from the left alone.

    Order by the exact height is for hiding; nobody could tell which of two in a row lies a little lower.
    """
    is_flat = isinstance(scene.ground, str) and is_place(scene.ground)

    def place(thing: Placed) -> tuple[int, int, int]:
        return 0 if is_flat else 3 * thing.y // UNITS, thing.x, thing.y

    return sorted(scene.things, key=place)


def _third(value: int) -> int | None:
    third = UNITS / 3
    if any(abs(value - border) < BORDER for border in (third, 2 * third)):
        return None
    return int(value // third)
