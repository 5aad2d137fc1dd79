"""What is asked about the town: its episodes as exams, talks told up to their last reply, and a style never taught.

Kinds are those of the episodes, and:
  style.unseen      what a lone thing is, drawn in a style that training never shows
  talk.picture      a talk whose last request wants a picture, talk.words one that wants words: the model decides itself
  eye.*, miss.*     what the judge's own eye accepts and refuses
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..worlds.dice import Dice
from ..worlds.episodes import Episode, Say, Show
from ..worlds.town.curriculum import KINDS, sample_episode
from ..worlds.town.unseen import unseen_style
from ..worlds.town.world import WORLD
from .exam import FREELY, ONE_QUESTION, REASONING, STREAM, Asked, Exam, Group, Syllabus, Task, eye_exam, eye_group


def _family(name: str) -> tuple[str, ...]:
    return tuple(kind for kind in KINDS if kind.startswith(f"{name}."))


IMAGINED = {"physics.imagine": "physics.at_once", "walk.ahead": "walk.at_once", "puzzle.pictured": "puzzle.at_once"}
"""Requests answered after picturing, and the same answered at once: as many lessons of each are taught."""
_ASKED_APART = (*IMAGINED, *IMAGINED.values(), "physics.after", "walk.next")
GROUPS: tuple[Group, ...] = (
    Group("questions", _family("question")),
    Group("captions", ("caption",)),
    Group("drawings", _family("draw")),
    Group("edits", _family("edit")),
    Group("what follows", ("physics.after",)),
    Group("what has happened", ("physics.look",)),
    Group("next view", ("walk.next",)),
    Group("walk", tuple(kind for kind in _family("walk") if kind not in _ASKED_APART)),
    Group("wearing", _family("wear")),
    Group("characters", _family("character")),
    Group("thoughts", _family("think")),
    Group("talks", ("talk.picture", "talk.words")),
    Group("a style never taught", ("style.unseen",)),
    Group("imagined", (*IMAGINED, *IMAGINED.values()), is_summed=False),
    eye_group(WORLD),
)


def make(kind: str, number: int, asked: Asked, languages: Sequence[str]) -> Exam:
    """One exam; the languages take turns."""
    language = languages[number % len(languages)]
    if kind.startswith(("eye.", "miss.")):
        return eye_exam(WORLD, kind, number, asked, language)
    if kind.startswith("talk."):
        return _talk(kind, number, asked, language)
    rng = _stream(kind, number, asked)
    if kind == "style.unseen":
        return _exam(kind, unseen_style(Dice(rng), language, asked.split), number)
    if kind in IMAGINED.values():  # the same puzzle as the pictured one of that number
        kind_of_puzzle = next(pictured for pictured, at_once in IMAGINED.items() if at_once == kind)
        rng = _stream(kind_of_puzzle, number, asked)
    return _exam(kind, sample_episode(rng, asked.split, kind, language, options=ONE_QUESTION), number)


SYLLABUS = Syllabus(GROUPS, make)
_NUMBERS = {kind: number for number, kind in enumerate((*KINDS, "talk.picture", "talk.words", "style.unseen"))}


def _stream(kind: str, number: int, asked: Asked) -> np.random.Generator:
    return np.random.default_rng((STREAM, asked.seed, _NUMBERS[kind], number))


def _exam(kind: str, episode: Episode, number: int) -> Exam:
    """The verb follows from the episode: what is given, and what must come."""
    steps = episode.told
    targets = [step for step in steps if step.is_target]
    is_pictured = isinstance(targets[-1], Say) and any(isinstance(step, Show) for step in targets)
    task: Task = "ask" if isinstance(targets[-1], Say) else "draw"
    if task == "draw" and any(isinstance(step, Show) and not step.is_target for step in steps):
        task = "edit"
    think = episode.is_thought_out or None
    if kind in ("walk.hidden", "character.scene"):  # several requests: all but the last are told
        return Exam(kind, "generate", _told(episode), number, when_to_draw=FREELY, world_name=WORLD.name)
    if is_pictured:
        return Exam(kind, "generate", episode, number, when_to_draw=REASONING, world_name=WORLD.name)
    return Exam(kind, task, episode, number, think=think, world_name=WORLD.name)


def _told(episode: Episode) -> Episode:
    """The episode with all but its last reply given."""
    past = tuple(replace(step, is_target=False) for step in episode.steps[:-1])
    return replace(episode, steps=(*past, episode.steps[-1]))


def _talk(kind: str, number: int, asked: Asked, language: str) -> Exam:
    """A talk, all of it given but the last reply; whether that is a picture or words, the kind says."""
    rng = _stream(kind, number, asked)
    while True:
        episode = sample_episode(rng, asked.split, "talk", language)
        last, before = episode.steps[-1], episode.steps[-2]
        is_asked = not before.is_target  # not in the middle of a reply of words and pictures
        if is_asked and isinstance(last, Say) == (kind == "talk.words"):
            return Exam(kind, "generate", episode, number, when_to_draw=FREELY, world_name=WORLD.name)
