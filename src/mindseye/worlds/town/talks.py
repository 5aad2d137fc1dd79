"""A talk of two to four requests of any kind, some of them about the newest picture.

What it teaches beyond its requests is that a request is a request, whatever was said and shown before it. It is about
what its last request is about.
"""

from __future__ import annotations

from typing import Any

from ..episodes import Episode, EpisodeOptions, Say, Show
from . import (
    captions,
    characters,
    drawings,
    edits,
    physics_lessons,
    questions,
    walk_lessons,
    wearing,
)
from .drawables import Icon
from .edits import CHANGES
from .lessons import Builder, answered, changed, lesson
from .questions import ASKERS
from .scenes import Scene
from .styles import DRAWN_STYLES
from .voice import Voice

_FAMILIES = (captions, characters, drawings, edits, physics_lessons, questions, walk_lessons, wearing)
_FRESH: dict[str, Builder] = {kind: builder for family in _FAMILIES for kind, builder in family.BUILDERS.items()}
_BY_FAMILY = [tuple(family.BUILDERS) for family in _FAMILIES]
LONGEST = 11  # steps of a talk


def _fresh(voice: Voice, options: EpisodeOptions) -> Episode | None:
    """A request of its own, whatever came before; every family is as likely, drawings twice."""
    return _FRESH[voice.dice.pick(voice.dice.pick([*_BY_FAMILY, tuple(drawings.BUILDERS)]))](voice, options)


def _about_newest(voice: Voice, scene: Scene) -> Episode | None:
    """A question about the newest picture, or a change of it."""
    if voice.dice.chance(0.5) or not _is_drawn(scene):
        asked = ASKERS[voice.dice.pick(tuple(ASKERS))](voice, scene)
        if asked is None:
            return None
        truth: dict[str, Any] = {"scene": scene, "answer": asked.answer, "accepted": asked.accepted}
        return lesson(voice, "talk", answered(scene, asked.text, asked.answer)[1:], set(asked.about), **truth)
    change = CHANGES[voice.dice.pick(tuple(CHANGES))](voice, scene)
    if change is None:
        return None
    truth = {"before": scene, "scene": change.after}
    return lesson(voice, "talk", changed(scene, change.text, change.after)[1:], set(change.about), **truth)


def build_talk(voice: Voice, options: EpisodeOptions) -> Episode | None:
    """Two to four requests; the truth is that of the last one."""
    one_each = EpisodeOptions(num_questions=1, system_prompts=options.system_prompts)
    steps: list[Say | Show] = []
    part: Episode | None = None
    for _ in range(voice.dice.pick((2, 3, 4))):
        newest = next((step.scene for step in reversed(steps) if isinstance(step, Show)), None)
        if newest is not None and _is_of_icons(newest) and voice.dice.chance(0.6):
            part = _about_newest(voice, newest)
        else:
            part = _fresh(voice, one_each)
        if part is None or len(steps) + len(part.steps) > LONGEST:
            return None
        steps += part.steps
    assert part is not None
    truth = {name: value for name, value in part.truth.items() if name not in ("about", "is_new")}
    return lesson(voice, "talk", steps, set(part.truth["about"]), last=part.kind, **truth)


def _is_of_icons(scene: Scene) -> bool:
    """Whether all questions and changes of plain scenes go with it."""
    is_plain = isinstance(scene.ground, str) and len(scene.nouns) == len(scene.things) > 0
    return is_plain and all(thing.what.state == "whole" for thing in scene.things if isinstance(thing.what, Icon))


def _is_drawn(scene: Scene) -> bool:
    """Whether the style of its things is one to draw in."""
    return all(thing.what.style in DRAWN_STYLES for thing in scene.things if isinstance(thing.what, Icon))


BUILDERS: dict[str, Builder] = {"talk": build_talk}
