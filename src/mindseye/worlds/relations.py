"""Left, right, above and below: which hold in a scene, and how they are said."""

from __future__ import annotations

from .operations import NEIGHBOURS
from .scenes import PLACES, Scene

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

_DIRECTIONS = {"left": "left", "right": "right", "above": "up", "below": "down"}


def holds(first: str, relation: str, second: str) -> bool:
    """Whether place `first` is left of, right of, above or below place `second`; diagonals count."""
    (top, left), (other_top, other_left) = PLACES[first], PLACES[second]
    return {
        "left": left < other_left,
        "right": left > other_left,
        "above": top < other_top,
        "below": top > other_top,
    }[relation]


def neighbours(scene: Scene) -> list[tuple[str, str, str]]:
    """Every (noun, relation, noun) of two things side by side whose nouns come only once."""
    names = [thing.noun for thing in scene.things]
    where = {thing.place: thing.noun for thing in scene.things if names.count(thing.noun) == 1}
    return [
        (where[NEIGHBOURS[direction][place]], relation, noun)
        for place, noun in where.items()
        for relation, direction in _DIRECTIONS.items()
        if NEIGHBOURS[direction].get(place) in where
    ]
