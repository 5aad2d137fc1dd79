"""Left, right, above and below: which hold between two things, and how they are said."""

from __future__ import annotations

from .scenes import Placed

RELATION_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "left": ("to the left of", "left of"),
        "right": ("to the right of", "right of"),
        "above": ("above",),
        "below": ("below", "under"),
    },
    "zh": {"left": ("左边",), "right": ("右边",), "above": ("上面",), "below": ("下面",)},
}
OPPOSITE = {"left": "right", "right": "left", "above": "below", "below": "above"}
CLEARLY, BARELY = 24, 8  # units between two centres: to be asked about, and to count as drawn right


def holds(first: Placed, relation: str, second: Placed, least: int = BARELY) -> bool:
    """Whether the first lies at least `least` units to that side of the second."""
    across, down = first.x - second.x, first.y - second.y
    return {"left": -across, "right": across, "above": -down, "below": down}[relation] >= least


def clear_relation(first: Placed, second: Placed, is_on_place: bool) -> str | None:
    """The one relation that nobody would doubt, or None; over a place only left and right are told."""
    found = [relation for relation in OPPOSITE if holds(first, relation, second, CLEARLY)]
    if is_on_place:
        found = [relation for relation in found if relation in ("left", "right")]
    elif len(found) == 2:  # a diagonal is the side that is farther off, if one clearly is
        across, down = abs(first.x - second.x), abs(first.y - second.y)
        wanted = ("left", "right") if across > 1.6 * down else ("above", "below") if down > 1.6 * across else ()
        found = [relation for relation in found if relation in wanted]
    return found[0] if len(found) == 1 else None
