"""Puzzles that are solved by picturing every step: remove, add, then count what is left.

"reason" draws the scene after each step before it answers. "reason.words" is the same puzzle with the
request to answer at once, which tells the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import language as grammar
from . import operations
from .dice import Dice
from .edits import pick_single
from .episodes import Builder, Episode, EpisodeOptions, Say, Show
from .grammar import AT_ONCE, FINAL
from .nouns import KINDS, NOUNS, is_a
from .sampling import ALL_NOUNS, any_scene
from .scenes import CORNERS, Scene

REMOVE_ALL = {"en": "remove all {kind}", "zh": "去掉所有{kind}"}
REMOVE = {"en": "remove {the}", "zh": "去掉{the}"}
ADD = {"en": "add {several}", "zh": "加{several}"}
HOW_MANY_LEFT = {"en": "{how_many} are left?", "zh": "还剩{how_many}？"}


@dataclass(frozen=True)
class Step:
    """One operation in words, and the scene after it."""

    text: str
    after: Scene


def next_step(dice: Dice, language: str, scene: Scene) -> Step | None:
    """A random operation that this scene allows, or None when the dice chose one that it does not."""
    choice = dice.pick(("remove_all", "remove", "add"))
    if choice == "add":
        return _add_step(dice, language, scene)
    if choice == "remove_all":
        kinds = [NOUNS[thing.noun].kind for thing in scene.things if NOUNS[thing.noun].kind != "thing"]
        if not kinds:
            return None
        kind = dice.pick(kinds)
        said = KINDS[kind].every if language == "en" else KINDS[kind].zh
        return Step(REMOVE_ALL[language].format(kind=said), operations.remove_all(scene, kind))
    noun = pick_single(dice, scene)
    if noun is None:
        return None
    text = REMOVE[language].format(the=grammar.the(language, noun))
    return Step(text, operations.remove(scene, noun))


def _add_step(dice: Dice, language: str, scene: Scene) -> Step | None:
    count = dice.pick((1, 1, 2))
    if scene.at("middle") or len(scene.things) + count > len(CORNERS):
        return None
    present = [thing.noun for thing in scene.things]
    noun = dice.pick(present) if present and dice.chance(0.3) else dice.pick(ALL_NOUNS)
    after = scene
    for _ in range(count):
        after = operations.add(after, noun)
    said = f"one {noun}" if language == "en" and count == 1 else grammar.several(language, count, noun)
    return Step(ADD[language].format(several=said), after)


def _steps(dice: Dice, language: str, scene: Scene) -> list[Step] | None:
    steps: list[Step] = []
    for _ in range(dice.pick((1, 2, 3))):
        found = next((step for _ in range(4) if (step := next_step(dice, language, scene))), None)
        if found is None:
            return None
        steps.append(found)
        scene = found.after
    return steps


def _what_is_counted(dice: Dice, before: Scene, steps: list[Step]) -> tuple[str, int]:
    left = [thing.noun for thing in steps[-1].after.things]
    if dice.chance(0.5):
        return "thing", len(left)
    seen = [thing.noun for scene in (before, *(step.after for step in steps)) for thing in scene.things]
    noun = dice.pick(left if left and dice.chance(0.7) else seen)
    if dice.chance(0.5):
        return noun, left.count(noun)
    kind = NOUNS[noun].kind
    return kind, sum(is_a(other, kind) for other in left)


def _puzzle(dice: Dice, language: str, steps: list[Step], counted: str) -> str:
    how_many = HOW_MANY_LEFT[language].format(how_many=grammar.how_many(language, counted))
    orders = [step.text for step in steps]
    if language == "zh":
        return "。".join([*orders, how_many])
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in (*(f"{order}." for order in orders), how_many))


def _builder(is_pictured: bool) -> Builder:
    def build(dice: Dice, language: str, options: EpisodeOptions) -> Episode | None:
        before = any_scene(dice.rng, dice.pick((1, 2, 3, 3, 4, 4)))
        operated = _steps(dice, language, before)
        if not operated:
            return None
        counted, number = _what_is_counted(dice, before, operated)
        puzzle = _puzzle(dice, language, operated, counted)
        steps: list[Say | Show] = [Show(before)]
        if is_pictured:
            steps.append(Say(puzzle, then="text"))
            for step in operated:
                steps += [Say(step.text, is_target=True, then="image"), Show(step.after, is_target=True)]
        else:
            steps.append(Say(puzzle + AT_ONCE[language], then="text"))
        steps.append(Say(f"{FINAL[language]}{number}", is_target=True))
        truth = {
            "before": before,
            "scene": operated[-1].after,
            "scenes": tuple(step.after for step in operated),
            "answer": str(number),
            "accepted": (str(number),),
        }
        return Episode("reason" if is_pictured else "reason.words", language, tuple(steps), truth)

    return build


BUILDERS: dict[str, Builder] = {"reason": _builder(True), "reason.words": _builder(False)}
