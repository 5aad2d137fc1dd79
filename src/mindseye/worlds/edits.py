"""Change a picture: remove, add, replace, move, recolour; all else stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import operations
from .dice import Dice
from .episodes import Builder, Episode, EpisodeOptions, Say, Show
from .language import as_typed, at, colour, one, the
from .sampling import ALL_BACKGROUNDS, ALL_NOUNS, any_scene
from .scenes import Scene


@dataclass(frozen=True)
class Change:
    """The words that ask for a change, and the scene after it."""

    text: str
    after: Scene


REMOVE = {
    "en": ("remove {the}", "delete {the}", "erase {the}"),
    "zh": ("去掉{the}", "移除{the}", "把{the}去掉"),
}
ADD = {"en": ("add {one}",), "zh": ("加{one}",)}
ADD_AT = {"en": ("add {one} {at}", "put {one} {at}"), "zh": ("在{at}加{one}", "{at}加{one}")}
REPLACE = {
    "en": ("replace {the} with {one}", "turn {the} into {one}", "change {the} into {one}"),
    "zh": ("把{the}换成{one}", "把{the}变成{one}"),
}
MOVE = {"en": ("move {the} to {place}", "put {the} {at}"), "zh": ("把{the}移到{at}", "把{the}放到{at}")}
RECOLOUR = {
    "en": (
        "make the background {colour}",
        "turn the background {colour}",
        "change the background to {colour}",
    ),
    "zh": ("把背景变成{colour}", "把背景改成{colour}"),
}


def change_by_removing(dice: Dice, language: str, scene: Scene) -> Change | None:
    """Without one of its things."""
    noun = pick_single(dice, scene)
    if noun is None:
        return None
    text = dice.pick(REMOVE[language]).format(the=the(language, noun))
    return Change(text, operations.remove(scene, noun))


def change_by_adding(dice: Dice, language: str, scene: Scene) -> Change | None:
    """With one thing more, at a named corner or at the first that is free."""
    if not scene.free_places:
        return None
    noun = dice.pick(ALL_NOUNS)
    size = "small" if dice.chance(0.25) else None
    place = dice.pick(scene.free_places) if dice.chance(0.7) else None
    wording = dice.pick((ADD_AT if place else ADD)[language])
    text = wording.format(one=one(language, noun, size), at=at(language, place) if place else "")
    return Change(text, operations.add(scene, noun, place, size or "big"))


def change_by_replacing(dice: Dice, language: str, scene: Scene) -> Change | None:
    """With one thing turned into another."""
    noun = pick_single(dice, scene)
    if noun is None:
        return None
    by = dice.pick([name for name in ALL_NOUNS if name != noun])
    text = dice.pick(REPLACE[language]).format(the=the(language, noun), one=one(language, by))
    return Change(text, operations.replace(scene, noun, by))


def change_by_moving(dice: Dice, language: str, scene: Scene) -> Change | None:
    """With one thing at another corner."""
    noun = pick_single(dice, scene)
    if noun is None or not scene.free_places:
        return None
    place = dice.pick(scene.free_places)
    text = dice.pick(MOVE[language]).format(the=the(language, noun), place=f"the {place}", at=at(language, place))
    return Change(text, operations.move(scene, noun, place))


def change_by_recolouring(dice: Dice, language: str, scene: Scene) -> Change:
    """On another background."""
    ground = dice.pick([name for name in ALL_BACKGROUNDS if name != scene.background])
    text = dice.pick(RECOLOUR[language]).format(colour=colour(language, ground))
    return Change(text, operations.recolour(scene, ground))


CHANGES: dict[str, Callable[[Dice, str, Scene], Change | None]] = {
    "remove": change_by_removing,
    "add": change_by_adding,
    "replace": change_by_replacing,
    "move": change_by_moving,
    "recolour": change_by_recolouring,
}


def pick_single(dice: Dice, scene: Scene) -> str | None:
    """A noun that the scene shows exactly once, or None."""
    nouns = [thing.noun for thing in scene.things]
    single = [noun for noun in nouns if nouns.count(noun) == 1]
    return dice.pick(single) if single else None


def change_builder(kind: str, change_of: Callable[[Dice, str, Scene], Change | None]) -> Builder:
    """A builder of episodes that show a scene, ask for the change and draw what comes of it."""

    def build(dice: Dice, language: str, options: EpisodeOptions) -> Episode | None:
        before = any_scene(dice.rng)
        change = change_of(dice, language, before)
        if change is None:
            return None
        steps = (
            Show(before),
            Say(as_typed(dice, language, change.text), then="image"),
            Show(change.after, is_target=True),
        )
        return Episode(kind, language, steps, {"before": before, "scene": change.after})

    return build


BUILDERS: dict[str, Builder] = {
    f"edit.{name}": change_builder(f"edit.{name}", change) for name, change in CHANGES.items()
}
