"""What is asked about the first world: episodes of a split as exams.

An exam's kind is that of its episode, or one of these:
  reason.shown      the puzzle of "reason" with the true picture after every step in place of a drawn one
  unified.picture   a request for a picture, unified.words one for words: the model decides itself whether to draw
  unified.talk_picture, unified.talk_words  the same as the last turn of a talk
  unified.draw      the requests of unified.picture with the verb draw or edit, unified.force with a forced drawing
  unified.ask_words, unified.generate_words, unified.chat_words  the same questions through three verbs
  eye.true          a true picture, eye.redrawn one that went through the model's autoencoder: how well the judge sees
  miss.moved        a picture with one thing wrong, here moved: whether the judge refuses it
The puzzles of "reason", "reason.shown" and "reason.words" are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..worlds import KINDS, Episode, Say, sample_episode
from ..worlds.corners import WORLD
from ..worlds.sampling import split_of
from .exam import (
    FORCED,
    FREELY,
    ONE_QUESTION,
    REASONING,
    STREAM,
    Asked,
    Exam,
    Group,
    Syllabus,
    Task,
    eye_exam,
    eye_group,
)


def _family(name: str) -> tuple[str, ...]:
    return tuple(kind for kind in KINDS if kind.startswith(f"{name}."))


TALK_KINDS = ("unified.talk_picture", "unified.talk_words")
FACES: dict[str, Task] = {
    "unified.ask_words": "ask",
    "unified.generate_words": "generate",
    "unified.chat_words": "chat",
}
UNIFIED_KINDS = ("unified.picture", "unified.words", "unified.draw", "unified.force", *TALK_KINDS, *FACES)
_THOUGHT_DRAWINGS = tuple(kind for kind in _family("think") if kind != "think.question")
GROUPS: tuple[Group, ...] = (
    Group("questions", _family("question")),
    Group("captions", ("caption",)),
    Group("questions with a thought", ("think.question",)),
    Group("drawings", _family("draw")),
    Group("drawings with a thought", _THOUGHT_DRAWINGS),
    Group("edits", _family("edit")),
    Group("actions", _family("action")),
    Group("reasoning", ("reason", "reason.shown", "reason.words"), is_summed=False),
    Group("unified", UNIFIED_KINDS, is_summed=False),
    eye_group(WORLD),
)
EXAM_KINDS: tuple[str, ...] = tuple(kind for group in GROUPS for kind in group.kinds)
PICTURE_KINDS = (*_family("draw"), *_family("edit"), *_family("action"))
WORD_KINDS = (*_family("question"), "caption")


def make(kind: str, number: int, asked: Asked, languages: Sequence[str]) -> Exam:
    """One exam; the languages take turns."""
    language = languages[number % len(languages)]
    family = kind.split(".")[0]
    if family in ("eye", "miss"):
        return eye_exam(WORLD, kind, number, asked, language)
    if kind in FACES:
        return replace(_unified("unified.words", number, asked, languages), kind=kind, task=FACES[kind])
    if kind in TALK_KINDS:
        return _talk(kind, number, asked, language)
    if family == "unified":
        return _unified(kind, number, asked, languages)
    if family == "reason":
        return _reasoning(kind, number, asked, language)
    stream = _stream(asked.seed, kind, number)
    return _plain_exam(sample_episode(stream, asked.split, kind, language, options=ONE_QUESTION), number)


SYLLABUS = Syllabus(GROUPS, make)


def _stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    apart = [kind for kind in EXAM_KINDS if kind not in (*TALK_KINDS, *FACES) and not kind.startswith("miss.")]
    tags = (*apart, "reasoning", "eye", "unified", *TALK_KINDS)
    return np.random.default_rng((STREAM, seed, tags.index(name), *numbers))


def _plain_exam(episode: Episode, number: int) -> Exam:
    kind = episode.kind
    task: Task = "edit" if kind.startswith(("edit.", "action.")) else "draw"
    if kind.startswith("question.") or kind in ("caption", "think.question"):
        task = "ask"
    return Exam(kind, task, episode, number, think=episode.is_thought_out or None, world_name=WORLD.name)


def _unified(kind: str, number: int, asked: Asked, languages: Sequence[str]) -> Exam:
    """A request of any kind, the kinds in turn, each in every language."""
    asks_words = kind == "unified.words"
    kinds = WORD_KINDS if asks_words else PICTURE_KINDS
    chosen = kinds[number // len(languages) % len(kinds)]
    rng = _stream(asked.seed, "unified", int(asks_words), number)
    episode = sample_episode(rng, asked.split, chosen, languages[number % len(languages)], options=ONE_QUESTION)
    exam = replace(_plain_exam(episode, number), kind=kind)
    if kind == "unified.draw":
        return exam
    return replace(exam, task="generate", when_to_draw=FORCED if kind == "unified.force" else FREELY)


def _talk(kind: str, number: int, asked: Asked, language: str) -> Exam:
    """A talk, all of it given but the last reply; whether that is a picture or words, the kind says."""
    rng = _stream(asked.seed, kind, number)
    is_wanted = False
    while not is_wanted:
        episode = sample_episode(rng, asked.split, "talk", language)
        is_wanted = isinstance(episode.steps[-1], Say) == (kind == "unified.talk_words")
    return Exam(kind, "generate", episode, number, when_to_draw=FREELY, world_name=WORLD.name)


def _reasoning(kind: str, number: int, asked: Asked, language: str) -> Exam:
    """A puzzle; the same number is the same puzzle in every kind.

    Only puzzles that start from a held-out picture are taken: then both wordings come out of the same dice.
    """
    for attempt in range(1000):
        episode = sample_episode(_stream(asked.seed, "reasoning", number, attempt), asked.split, "reason", language)
        if split_of([episode.truth["before"]]) == asked.split:
            break
    if kind == "reason.words":
        episode = sample_episode(_stream(asked.seed, "reasoning", number, attempt), asked.split, kind, language)
        return Exam(kind, "ask", episode, number, world_name=WORLD.name)
    if kind == "reason.shown":
        return Exam(kind, "tell", episode, number, world_name=WORLD.name)
    return Exam(kind, "generate", episode, number, when_to_draw=REASONING, world_name=WORLD.name)
