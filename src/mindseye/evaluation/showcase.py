"""One hand-picked request of every sort, with its truth: what `mindseye demo` shows, for each world."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..worlds.episodes import Episode, Say, Show
from .exam import Exam

SHOWCASES = {"corners": "mindseye.evaluation.corner_showcase", "town": "mindseye.evaluation.town_showcase"}
"""Name of a world to the module whose `SHOWCASE` it is."""


@dataclass(frozen=True)
class Act:
    """One request of the show: the verb that a person would type, a title, the sample it is about, and the exam."""

    verb: str
    title: str
    sample: str | None
    exam: Exam


@dataclass(frozen=True)
class Showcase:
    """The show of one world."""

    introduction: str
    scenes: Mapping[str, Any]
    """What the sample pictures show."""
    acts: Callable[[int], tuple[Act, ...]]
    """(seed) -> the show in order."""
    credits: str
    """Whom to thank for the drawings in the given pictures."""


def showcase_of(world: str) -> Showcase:
    """The show of the world of that name."""
    return importlib.import_module(SHOWCASES[world]).SHOWCASE


def question(scene: Any, text: str, answers: tuple[str, ...], kind: str, language: str, seed: int, world: str) -> Exam:
    """A question about a scene; the first of the answers is the usual one."""
    steps = (Show(scene), Say(text, then="text"), Say(answers[0], is_target=True))
    truth = {"scene": scene, "answer": answers[0], "accepted": answers}
    return Exam(kind, "ask", Episode(kind, language, steps, truth), seed, world_name=world)


def change(before: Any, text: str, after: Any, kind: str, seed: int, world: str) -> Exam:
    """A scene, an order, and the scene that comes of it."""
    steps = (Show(before), Say(text, then="image"), Show(after, is_target=True))
    return Exam(kind, "edit", Episode(kind, "en", steps, {"before": before, "scene": after}), seed, world_name=world)
