"""Examine a model on pictures that training never shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import PIL.Image

from ..errors import InputError
from ..worlds.grammar import LANGUAGES
from ..worlds.world import DEFAULT_WORLD, World
from .answers import Answer, Answerer, ModelAnswerer
from .exam import Asked, Exam, Group
from .exams import SYLLABI, choose_kinds, make_exams
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
    seed: int = 0
    """The judge's seed that made the exam."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """All results of one examination."""

    model: str
    num: int
    seeds: tuple[int, ...]
    languages: tuple[str, ...]
    results: tuple[Result, ...]
    num_planned: int
    """How many requests were to be asked; more than there are results where somebody stopped it."""
    world: str = DEFAULT_WORLD
    split: str = "test"

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
        chosen = (
            replace(group, kinds=tuple(kind for kind in group.kinds if kind in asked))
            for group in SYLLABI[self.world].groups
        )
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

    def range(self, kinds: Iterable[str], measure: str = "right") -> tuple[float, float] | None:
        """The least and the greatest share (0 to 1) of the seeds; None where there is one seed or nothing measured."""
        wanted = tuple(kinds)
        by_seed = [
            Share.sum(result.mark.tallies[measure] for result in self.of(wanted) if self._counts(result, seed, measure))
            for seed in self.seeds
        ]
        values = [share.value for share in by_seed if share.is_measured]
        return (min(values), max(values)) if len(values) > 1 else None

    @staticmethod
    def _counts(result: Result, seed: int, measure: str) -> bool:
        return result.seed == seed and measure in result.mark.tallies

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
    seed: int | Sequence[int] = 0,
    kinds: Iterable[str] | None = None,
    languages: Sequence[str] = LANGUAGES,
    unified: bool = False,
    batch: int = 32,
    watch: Watch | None = None,
    world: str | None = None,
    split: str = "test",
) -> Verdict:
    """Ask `num` requests of every kind and seed, in each language in turn, and judge the answers.

    model: a loaded model, or anything that answers exams. kinds: kinds or families; None for all but "unified".
    unified: ask too whether the model draws exactly when a picture is wanted. batch: requests at once.
    world: the one that is asked about; None for the one that the model was taught.
    split: "test" for figures to publish, "validation" for all that is tried or chosen, "train" to see the gap.
    The same seed asks the same. Raises InputError for unknown kinds and languages; errors of single requests
    count as wrong. Ctrl-C ends it with what was judged so far, if that is anything.
    """
    if not 1 <= batch <= MOST_AT_ONCE:
        raise InputError(f"batch is {batch}; expected 1 to {MOST_AT_ONCE}")
    answerer = model if hasattr(model, "answer") else ModelAnswerer(model)  # type: ignore[arg-type]
    world = world or getattr(answerer, "world", None) or DEFAULT_WORLD
    seeds = (seed,) if isinstance(seed, int) else tuple(seed)
    if not seeds:
        raise InputError("no seed was given; expected at least one")
    asked = [
        (one, make_exams(kind, num, Asked(one, split), languages, world))
        for kind in choose_kinds(kinds, unified, world)
        for one in seeds
    ]
    total = sum(len(exams) for _, exams in asked)
    batches = [(one, exams[at : at + batch]) for one, exams in asked for at in range(0, len(exams), batch)]
    results: list[Result] = []
    try:
        for one, some in batches:
            if watch:
                watch(some[0].kind, len(results), total)
            answers = _answers(answerer, some)
            results += [
                Result(exam, answer, mark(exam, answer), one) for exam, answer in zip(some, answers, strict=True)
            ]
    except KeyboardInterrupt:
        if not results:
            raise
    return Verdict(answerer.name, num, seeds, tuple(languages), tuple(results), total, world, split)


def _answers(answerer: Answerer, exams: Sequence[Exam]) -> list[Answer]:
    if exams[0].task == "see":
        return [Answer((exam.seen,)) for exam in exams]
    return [_small(answer, exams[0].world) for answer in answerer.answer(exams)]


def _small(answer: Answer, world: World) -> Answer:
    """The answer with pictures at the size of their world, as they are judged: thousands must fit in memory."""
    parts = tuple(
        part if isinstance(part, str) else PIL.Image.fromarray(pixels_of(part, world)) for part in answer.parts
    )
    return replace(answer, parts=parts)


def _same(first: Answer, second: Answer) -> bool:
    pictures = [[image.tobytes() for image in answer.images] for answer in (first, second)]
    return bool(pictures[0]) and pictures[0] == pictures[1]
