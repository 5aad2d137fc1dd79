"""What can happen to a scene: pure functions from one scene to the next.

Each raises InputError when the scene does not allow it, so a result is always exactly true.
"""

from __future__ import annotations

from dataclasses import replace as with_changes

from ..errors import InputError, nearest
from .nouns import is_a, nouns_of_kind
from .scenes import CORNERS, Scene, Thing

NEIGHBOURS: dict[str, dict[str, str]] = {
    "left": {"top right": "top left", "bottom right": "bottom left"},
    "right": {"top left": "top right", "bottom left": "bottom right"},
    "up": {"bottom left": "top left", "bottom right": "top right"},
    "down": {"top left": "bottom left", "top right": "bottom right"},
}
"""Direction, then place, to the place next to it; a border has no neighbour."""


def the_only(scene: Scene, noun: str) -> Thing:
    """The one thing of that noun; InputError when there is none or more than one."""
    found = scene.all_of(noun)
    if len(found) != 1:
        raise InputError(f"the picture shows {len(found)} of {noun}; it must show exactly one")
    return found[0]


def remove(scene: Scene, noun: str) -> Scene:
    """Without its only `noun`."""
    return _exchange(scene, the_only(scene, noun))


def remove_all(scene: Scene, kind: str) -> Scene:
    """Without anything of that kind ("animal", "fruit"...); InputError when there is nothing of it."""
    nouns_of_kind(kind)
    left = tuple(thing for thing in scene.things if not is_a(thing.noun, kind))
    if len(left) == len(scene.things):
        raise InputError(f"the picture shows no {kind} to remove")
    return with_changes(scene, things=left)


def add(scene: Scene, noun: str, place: str | None = None, size: str = "big") -> Scene:
    """With one more thing, at `place` or in the first free corner in reading order."""
    free = scene.free_places
    if not free:
        raise InputError("no free place: a picture holds four things in its corners, or one in the middle")
    return with_changes(scene, things=(*scene.things, Thing(noun, _free(scene, place or free[0]), size)))


def replace(scene: Scene, noun: str, by: str) -> Scene:
    """With its only `noun` turned into `by`, at the same place and size."""
    old = the_only(scene, noun)
    return _exchange(scene, old, with_changes(old, noun=by))


def move(scene: Scene, noun: str, place: str) -> Scene:
    """With its only `noun` at another, free corner."""
    old = the_only(scene, noun)
    return _exchange(scene, old, with_changes(old, place=_free(scene, place)))


def recolour(scene: Scene, background: str) -> Scene:
    """On another background."""
    if background == scene.background:
        raise InputError(f"the background is {background} already")
    return with_changes(scene, background=background)


def push(scene: Scene, noun: str, direction: str) -> Scene:
    """With its only `noun` one cell further left, right, up or down, if that cell is free."""
    start = the_only(scene, noun).place
    if direction not in NEIGHBOURS:
        raise InputError(f'unknown direction "{direction}"{nearest(direction, NEIGHBOURS)}')
    if start not in NEIGHBOURS[direction]:
        raise InputError(f"the {noun} in the {start} cannot go {direction}")
    return move(scene, noun, NEIGHBOURS[direction][start])


def closer(scene: Scene) -> Scene:
    """With every small thing big."""
    if not any(thing.size == "small" for thing in scene.things):
        raise InputError("nothing in the picture is small; one can step no closer")
    return with_changes(scene, things=tuple(with_changes(thing, size="big") for thing in scene.things))


def look(scene: Scene, direction: str) -> Scene:
    """The view turned by one column.

    Looking left brings the left column to the right; the new left column is empty and the old right one
    gone. Looking right does the same the other way round.
    """
    if direction not in ("left", "right"):
        raise InputError(f'one can look left or right, not "{direction}"')
    if scene.at("middle"):
        raise InputError("one cannot look aside from a thing in the middle")
    steps = NEIGHBOURS["right" if direction == "left" else "left"]
    seen = (thing for thing in scene.things if thing.place in steps)
    return with_changes(scene, things=tuple(with_changes(thing, place=steps[thing.place]) for thing in seen))


def _exchange(scene: Scene, old: Thing, *new: Thing) -> Scene:
    return with_changes(scene, things=(*(thing for thing in scene.things if thing != old), *new))


def _free(scene: Scene, place: str) -> str:
    if place not in scene.free_places:
        raise InputError(
            f"{place} is not a free corner; free: {', '.join(scene.free_places) or 'none'}"
            f"{nearest(place, CORNERS) if place not in CORNERS else ''}"
        )
    return place
