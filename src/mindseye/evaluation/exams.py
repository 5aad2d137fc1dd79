"""What is asked: held-out episodes as exams, the same for every model that is asked with the same seed.

An exam's kind is that of its episode, or one of these:
  reason.shown      the puzzle of "reason" with the true picture after every step in place of a drawn one
  unified.picture   a request for a picture, unified.words one for words: the model decides itself whether to draw
  unified.talk_picture, unified.talk_words  the same as the last turn of a talk
  unified.draw      the requests of unified.picture with the verb draw or edit, unified.force with a forced drawing
  eye.true          a true picture, eye.redrawn one that went through the model's autoencoder: how well the judge sees
The puzzles of "reason", "reason.shown" and "reason.words" are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import PIL.Image

from ..errors import InputError, nearest
from ..generation.policies import WhenToDraw
from ..params import check_seed
from ..worlds import KINDS, Episode, EpisodeOptions, Say, Show, is_held_out, sample_episode, sample_scene, to_image
from ..worlds.language import check_language

STREAM = 0x6A756467  # sets the judge's random streams apart from those of training
FINAL_PHRASES = ("Final Answer:", "最终答案")

Task = Literal["ask", "draw", "edit", "generate", "tell", "redraw", "see"]
"""The verbs of a model, and: tell (the story is given up to its last text), redraw (encode, decode), see (nothing)."""

_FREELY = WhenToDraw("model", max_rounds=2, max_images=1)
_FORCED = WhenToDraw("force", write_first=False)
REASONING = WhenToDraw("model", max_rounds=6, max_images=4, final_phrases=FINAL_PHRASES)
_ONE_QUESTION = EpisodeOptions(num_questions=1)


@dataclass(frozen=True)
class Exam:
    """One request whose right answer is known."""

    kind: str
    task: Task
    episode: Episode
    seed: int
    think: bool = False
    when_to_draw: WhenToDraw = field(default_factory=WhenToDraw)

    @property
    def language(self) -> str:
        """ "en" or "zh"."""
        return self.episode.language

    @property
    def given(self) -> tuple[Say | Show, ...]:
        """The steps that the model is shown: all before its first own one, without the system prompt."""
        steps = self.episode.steps[1:] if self.episode.kind.startswith("think.") else self.episode.steps
        if self.task == "tell":
            return steps[:-1]
        targets = [number for number, step in enumerate(steps) if step.is_target]
        return steps[: targets[0]] if targets else steps

    @property
    def items(self) -> list[str | PIL.Image.Image]:
        """What is given, as texts and pictures."""
        return [step.text if isinstance(step, Say) else to_image(step.scene) for step in self.given]


@dataclass(frozen=True)
class Group:
    """Kinds that are told together; `is_summed` where their sum means something."""

    name: str
    kinds: tuple[str, ...]
    is_summed: bool = True


def _family(name: str) -> tuple[str, ...]:
    return tuple(kind for kind in KINDS if kind.startswith(f"{name}."))


TALK_KINDS = ("unified.talk_picture", "unified.talk_words")
UNIFIED_KINDS = ("unified.picture", "unified.words", "unified.draw", "unified.force", *TALK_KINDS)
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
    Group("eye", ("eye.true", "eye.redrawn"), is_summed=False),
)
EXAM_KINDS: tuple[str, ...] = tuple(kind for group in GROUPS for kind in group.kinds)
PICTURE_KINDS = (*_family("draw"), *_family("edit"), *_family("action"))
MOST_EXAMS = 100_000  # of a kind
WORD_KINDS = (*_family("question"), "caption")


def choose_kinds(names: Iterable[str] | None, unified: bool = False) -> tuple[str, ...]:
    """Kinds by name or family ("draw", "reason"), in order; the judge's eye comes along with any pictures."""
    if names is None:
        chosen = {kind for kind in EXAM_KINDS if not kind.startswith("unified.")}
    else:
        chosen = {kind for name in names for kind in _members(name)}
    if unified:
        chosen |= {kind for kind in EXAM_KINDS if kind.startswith("unified.")}
    if any(kind not in (*WORD_KINDS, "think.question") for kind in chosen):
        chosen |= {"eye.true", "eye.redrawn"}
    return tuple(kind for kind in EXAM_KINDS if kind in chosen)


def make_exams(kind: str, num: int, seed: int, languages: Sequence[str]) -> list[Exam]:
    """`num` exams of one kind, in each language in turn; twice as many of the eye's."""
    check_numbers(num, seed, languages)
    make = _maker(kind)
    return [make(number, seed, languages) for number in range(num * (2 if kind.startswith("eye.") else 1))]


def check_numbers(num: int, seed: int, languages: Sequence[str]) -> None:
    """Raise InputError for a number of exams, a seed or a language that cannot be."""
    if not 1 <= num <= MOST_EXAMS:
        raise InputError(f"num is {num}; expected 1 to {MOST_EXAMS} of each kind")
    check_seed(seed)
    if not languages:
        raise InputError('no language was given; expected "en", "zh" or both')
    for language in languages:
        check_language(language)


def _members(name: str) -> list[str]:
    found = [kind for kind in EXAM_KINDS if kind == name or kind.startswith(f"{name}.")]
    if not found:
        known = [*EXAM_KINDS, *sorted({kind.split(".")[0] for kind in EXAM_KINDS})]
        raise InputError(f'unknown kind of exam "{name}"{nearest(name, known)}; known: {", ".join(EXAM_KINDS)}')
    return found


def _maker(kind: str) -> Callable[[int, int, Sequence[str]], Exam]:
    """The function from a number, a seed and the languages to an exam of that kind."""

    def make(number: int, seed: int, languages: Sequence[str]) -> Exam:
        language = languages[number % len(languages)]
        family = kind.split(".")[0]
        if family == "eye":
            scene = sample_scene(_stream(seed, "eye", number), "test")
            episode = Episode("eye", language, (Show(scene),), {"scene": scene})
            return Exam(kind, "see" if kind == "eye.true" else "redraw", episode, number)
        if kind in TALK_KINDS:
            return _talk(kind, number, seed, language)
        if family == "unified":
            return _unified(kind, number, seed, languages)
        if family == "reason":
            return _reasoning(kind, number, seed, language)
        episode = sample_episode(_stream(seed, kind, number), "test", kind, language, options=_ONE_QUESTION)
        return _plain_exam(episode, number)

    return make


def _stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    tags = (*(kind for kind in EXAM_KINDS if kind not in TALK_KINDS), "reasoning", "eye", "unified", *TALK_KINDS)
    return np.random.default_rng((STREAM, seed, tags.index(name), *numbers))


def _plain_exam(episode: Episode, number: int) -> Exam:
    kind = episode.kind
    task: Task = "edit" if kind.startswith(("edit.", "action.")) else "draw"
    if kind.startswith("question.") or kind in ("caption", "think.question"):
        task = "ask"
    return Exam(kind, task, episode, number, think=kind.startswith("think."))


def _unified(kind: str, number: int, seed: int, languages: Sequence[str]) -> Exam:
    """A request of any kind, the kinds in turn, each in every language."""
    asks_words = kind == "unified.words"
    kinds = WORD_KINDS if asks_words else PICTURE_KINDS
    chosen = kinds[number // len(languages) % len(kinds)]
    rng = _stream(seed, "unified", int(asks_words), number)
    episode = sample_episode(rng, "test", chosen, languages[number % len(languages)], options=_ONE_QUESTION)
    exam = replace(_plain_exam(episode, number), kind=kind)
    if kind == "unified.draw":
        return exam
    return replace(exam, task="generate", when_to_draw=_FORCED if kind == "unified.force" else _FREELY)


def _talk(kind: str, number: int, seed: int, language: str) -> Exam:
    """A talk, all of it given but the last reply; whether that is a picture or words, the kind says."""
    rng = _stream(seed, kind, number)
    is_wanted = False
    while not is_wanted:
        episode = sample_episode(rng, "test", "talk", language)
        is_wanted = isinstance(episode.steps[-1], Say) == (kind == "unified.talk_words")
    past = tuple(replace(step, is_target=False) for step in episode.steps[:-1])
    told = replace(episode, steps=(*past, episode.steps[-1]))
    return Exam(kind, "generate", told, number, when_to_draw=_FREELY)


def _reasoning(kind: str, number: int, seed: int, language: str) -> Exam:
    """A puzzle; the same number is the same puzzle in every kind.

    Only puzzles that start from a held-out picture are taken: then both wordings come out of the same dice.
    """
    for attempt in range(1000):
        episode = sample_episode(_stream(seed, "reasoning", number, attempt), "test", "reason", language)
        if is_held_out(episode.truth["before"]):
            break
    if kind == "reason.words":
        episode = sample_episode(_stream(seed, "reasoning", number, attempt), "test", kind, language)
        return Exam(kind, "ask", episode, number)
    if kind == "reason.shown":
        return Exam(kind, "tell", episode, number)
    return Exam(kind, "generate", episode, number, when_to_draw=REASONING)
