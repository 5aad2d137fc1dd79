"""A talk of a few turns: drawings, questions about what was drawn, changes of it, and drawings of something new.

What it teaches beyond its turns is that a request is a request, whatever was said and shown before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .actions import ACTIONS
from .dice import Dice
from .drawings import REQUESTS
from .edits import CHANGES
from .episodes import Builder, Episode, EpisodeOptions, Say, Show
from .language import as_typed
from .questions import ASKERS, ask
from .sampling import any_scene
from .scenes import Scene

_ALL_CHANGES = {**CHANGES, **ACTIONS}


@dataclass(frozen=True)
class Turn:
    """A request, what must follow, and the truth about it."""

    request: Say
    reply: Say | Show
    truth: dict[str, Any]


def draw_turn(dice: Dice, language: str) -> Turn:
    """A drawing of something new."""
    request = REQUESTS[dice.pick(("one", "one", "pair", "count"))](dice, language)
    truth = {"scene": request.scene, "wish": request.wish}
    return Turn(Say(request.text, then="image"), Show(request.scene, is_target=True), truth)


def ask_turn(dice: Dice, language: str, scene: Scene) -> Turn | None:
    """A question about the newest picture."""
    question = ask(dice, language, scene, dice.pick(tuple(ASKERS)))
    if question is None:
        return None
    truth = {"scene": scene, "answer": question.answer, "accepted": question.accepted}
    return Turn(Say(question.text, then="text"), Say(question.answer, is_target=True), truth)


def change_turn(dice: Dice, language: str, scene: Scene) -> Turn | None:
    """The newest picture, changed."""
    change = _ALL_CHANGES[dice.pick(tuple(_ALL_CHANGES))](dice, language, scene)
    if change is None:
        return None
    request = Say(as_typed(dice, language, change.text), then="image")
    return Turn(request, Show(change.after, is_target=True), {"scene": change.after, "before": scene})


def build_talk(dice: Dice, language: str, options: EpisodeOptions) -> Episode | None:
    """Two to four turns, with a picture at the start or without; the truth is that of the last turn."""
    steps: list[Say | Show] = []
    if dice.chance(0.5):
        steps.append(Show(any_scene(dice.rng)))
    truth: dict[str, Any] = {}
    for _ in range(dice.pick((2, 3, 4))):
        shown = [step.scene for step in steps if isinstance(step, Show)]
        choice = dice.pick(("draw", "draw", "ask", "ask", "change")) if shown else "draw"
        if choice == "draw":
            turn: Turn | None = draw_turn(dice, language)
        elif choice == "ask":
            turn = ask_turn(dice, language, shown[-1])
        else:
            turn = change_turn(dice, language, shown[-1])
        if turn is None:
            return None
        steps += (turn.request, turn.reply)
        truth = turn.truth
    return Episode("talk", language, tuple(steps), truth)


BUILDERS: dict[str, Builder] = {"talk": build_talk}
