"""Act in a picture and see what follows: push, step closer, look aside, take."""

from __future__ import annotations

from collections.abc import Callable

from . import operations
from .dice import Dice
from .edits import Change, change_builder, pick_single
from .episodes import Builder
from .language import the
from .scenes import Scene

PUSH = {
    "en": ("push {the} {way}", "push {the} {to_way}"),
    "zh": ("把{the}向{way}推", "把{the}往{way}推"),
}
CLOSER = {"en": ("step closer", "come closer", "move closer"), "zh": ("走近一点", "靠近一点")}
LOOK = {"en": ("look {way}", "look {to_way}"), "zh": ("向{way}看", "往{way}看")}
TAKE = {
    "en": ("take {the}", "take {the} away", "pick up {the}"),
    "zh": ("拿走{the}", "把{the}拿走", "拿起{the}"),
}
_WAYS = {"left": "左", "right": "右", "up": "上", "down": "下"}


def act_by_pushing(dice: Dice, language: str, scene: Scene) -> Change | None:
    """One thing goes to the free cell beside it."""
    noun = pick_single(dice, scene)
    if noun is None:
        return None
    place = operations.the_only(scene, noun).place
    free = [way for way, steps in operations.NEIGHBOURS.items() if steps.get(place) in scene.free_places]
    if not free:
        return None
    way = dice.pick(free)
    text = dice.pick(PUSH[language]).format(the=the(language, noun), **_way_words(language, way))
    return Change(text, operations.push(scene, noun, way))


def act_by_closing_in(dice: Dice, language: str, scene: Scene) -> Change | None:
    """All that is small becomes big."""
    if not any(thing.size == "small" for thing in scene.things):
        return None
    return Change(dice.pick(CLOSER[language]), operations.closer(scene))


def act_by_looking(dice: Dice, language: str, scene: Scene) -> Change | None:
    """The view turns by one column."""
    if not scene.things or scene.at("middle"):
        return None
    way = dice.pick(("left", "right"))
    text = dice.pick(LOOK[language]).format(**_way_words(language, way))
    return Change(text, operations.look(scene, way))


def act_by_taking(dice: Dice, language: str, scene: Scene) -> Change | None:
    """One thing is gone."""
    noun = pick_single(dice, scene)
    if noun is None:
        return None
    text = dice.pick(TAKE[language]).format(the=the(language, noun))
    return Change(text, operations.remove(scene, noun))


ACTIONS: dict[str, Callable[[Dice, str, Scene], Change | None]] = {
    "push": act_by_pushing,
    "closer": act_by_closing_in,
    "look": act_by_looking,
    "take": act_by_taking,
}
BUILDERS: dict[str, Builder] = {
    f"action.{name}": change_builder(f"action.{name}", act) for name, act in ACTIONS.items()
}


def _way_words(language: str, way: str) -> dict[str, str]:
    if language == "zh":
        return {"way": _WAYS[way], "to_way": _WAYS[way]}
    return {"way": way, "to_way": f"to the {way}" if way in ("left", "right") else way}
