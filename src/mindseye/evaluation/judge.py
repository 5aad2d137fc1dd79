"""Examine a model on pictures that training never shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import PIL.Image

from ..errors import InputError
from ..worlds import to_image
from ..worlds.language import LANGUAGES
from .answers import Answer, Answerer, ModelAnswerer
from .exams import GROUPS, Exam, Group, choose_kinds, make_exams
from .marking import Mark, mark, pixels_of
from .shares import Share

if TYPE_CHECKING:
    from ..model import Model

MOST_AT_ONCE = 10_000
Watch = Callable[[str, int, int], None]
"""Told the kind that is being asked, and how many of how many requests are done."""


@dataclass(frozen=True, eq=False)
class Result:
    """One request, its answer and the judgement."""

    exam: Exam
    answer: Answer
    mark: Mark


@dataclass(frozen=True, eq=False)
class Verdict:
    """All results of one examination."""

    model: str
    num: int
    seed: int
    languages: tuple[str, ...]
    results: tuple[Result, ...]
    num_planned: int
    """How many requests were to be asked; more than there are results where somebody stopped it."""

    @property
    def is_cut(self) -> bool:
        """Whether it was stopped before the end."""
        return len(self.results) < self.num_planned

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that were asked, in order."""
        return tuple(dict.fromkeys(result.exam.kind for result in self.results))

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups of which something was asked, each with the kinds that were."""
        asked = set(self.kinds)
        chosen = (replace(group, kinds=tuple(kind for kind in group.kinds if kind in asked)) for group in GROUPS)
        return tuple(group for group in chosen if group.kinds)

    @property
    def errors(self) -> tuple[Result, ...]:
        """Requests that ended in an error; they count as wrong."""
        return tuple(result for result in self.results if result.answer.error)

    def of(self, kinds: Iterable[str], language: str | None = None) -> list[Result]:
        """The results of some kinds, of one language if given."""
        wanted = set(kinds)
        found = (result for result in self.results if result.exam.kind in wanted)
        return [result for result in found if language in (None, result.exam.language)]

    def share(self, kinds: Iterable[str], measure: str = "right", language: str | None = None) -> Share:
        """How much of it was right by a measure of `Mark.tallies`."""
        marks = [result.mark for result in self.of(kinds, language)]
        return Share.sum(mark.tallies[measure] for mark in marks if measure in mark.tallies)

    def measures(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """The measures that these kinds have."""
        return tuple(dict.fromkeys(name for result in self.of(kinds) for name in result.mark.tallies))

    def kept_db(self, kinds: Iterable[str]) -> float | None:
        """Mean PSNR in dB over what should not change, or None where nothing was measured."""
        values = [result.mark.kept_db for result in self.of(kinds) if result.mark.kept_db is not None]
        return sum(values) / len(values) if values else None

    def seconds(self, kinds: Iterable[str]) -> float:
        """Mean seconds a request, in batches."""
        times = [result.answer.seconds for result in self.of(kinds)]
        return sum(times) / len(times) if times else 0.0

    def same_when_forced(self) -> Share:
        """Pictures that came out equal, pixel by pixel, whether drawn or forced."""
        pairs = zip(self.of(["unified.draw"]), self.of(["unified.force"]))
        return Share.sum((int(_same(drawn.answer, forced.answer)), 1) for drawn, forced in pairs)


def judge(
    model: Model | Answerer,
    *,
    num: int = 100,
    seed: int = 0,
    kinds: Iterable[str] | None = None,
    languages: Sequence[str] = LANGUAGES,
    unified: bool = False,
    batch: int = 32,
    watch: Watch | None = None,
) -> Verdict:
    """Ask `num` held-out requests of every kind, in each language in turn, and judge the answers.

    model: a loaded model, or anything that answers exams. kinds: kinds or families; None for all but "unified".
    unified: ask too whether the model draws exactly when a picture is wanted. batch: requests at once.
    The same seed asks the same. Raises InputError for unknown kinds and languages; errors of single requests
    count as wrong. Ctrl-C ends it with what was judged so far, if that is anything.
    """
    if not 1 <= batch <= MOST_AT_ONCE:
        raise InputError(f"batch is {batch}; expected 1 to {MOST_AT_ONCE}")
    answerer = model if hasattr(model, "answer") else ModelAnswerer(model)  # type: ignore[arg-type]
    asked = [make_exams(kind, num, seed, languages) for kind in choose_kinds(kinds, unified)]
    total = sum(map(len, asked))
    batches = [exams[start : start + batch] for exams in asked for start in range(0, len(exams), batch)]
    results: list[Result] = []
    try:
        for some in batches:
            if watch:
                watch(some[0].kind, len(results), total)
            answers = _answers(answerer, some)
            results += [Result(exam, answer, mark(exam, answer)) for exam, answer in zip(some, answers, strict=True)]
    except KeyboardInterrupt:
        if not results:
            raise
    return Verdict(answerer.name, num, seed, tuple(languages), tuple(results), total)


def _answers(answerer: Answerer, exams: Sequence[Exam]) -> list[Answer]:
    if exams[0].task == "see":
        return [Answer((to_image(exam.episode.truth["scene"]),)) for exam in exams]
    return [_small(answer) for answer in answerer.answer(exams)]


def _small(answer: Answer) -> Answer:
    """The answer with pictures at the size of this world, as they are judged: thousands must fit in memory."""
    parts = tuple(part if isinstance(part, str) else PIL.Image.fromarray(pixels_of(part)) for part in answer.parts)
    return replace(answer, parts=parts)


def _same(first: Answer, second: Answer) -> bool:
    pictures = [[image.tobytes() for image in answer.images] for answer in (first, second)]
    return bool(pictures[0]) and pictures[0] == pictures[1]
