"""Does a model see, or guess? Its answers with the true picture, with another's, and with a blank one.

Every row asks a question about one picture and knows the true answers. It is asked three times, with the same words
and seed: with its own picture, with the picture of another row (of the same question, where there is one whose truth
differs), and with a grey picture of the same size.

    right           share of rows whose answer with their own picture is true
    right_swapped   share whose answer with the other picture is (still) true of the first: what comes of looking
                    elsewhere, and so the level of chance of this model on these rows
    right_blank     the same with the blank picture
    image_swap      right - right_swapped: 0 for who does not look, 1 for who always sees
    image_blank     right - right_blank
    changed_...     share of rows whose answer is another in words
    follows         of rows whose other picture was asked the same: share whose answer is true of the other picture
    chance          of rows whose question is asked more than once: share right of who says, without looking, what is
                    true of most of the other such rows

An answer is true if it equals a true one, up to case, articles, punctuation at the ends and the last number; with
match "contains" also if it holds the words of one in a row; with "nearer" (captions) if its words are nearer to the
row's true texts than to the other's, half where both are as near. "auto" takes "nearer" for rows whose first
truth has eight words or more, "exact" for the others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ..errors import InputError, nearest
from .bootstrap import Interval, mean_interval
from .final_answer import final_answer, normal
from .metrics.answers import is_same_number, is_same_text
from .metrics.words import words
from .traces import word_f1

MATCHES = ("auto", "exact", "contains", "nearer")
LONG_ANSWER = 8  # words, from which on "auto" takes a truth for a caption


@dataclass(frozen=True)
class Asking:
    """A row that takes part: what it asks, and every answer that is true."""

    key: str
    question: str
    truths: tuple[str, ...]


@dataclass(frozen=True)
class Answers:
    """What a model said to a row: with its own picture, the other's, a blank one; None where it failed."""

    own: str | None
    swapped: str | None
    blank: str | None


@dataclass(frozen=True)
class SwapRow:
    """A row, the row whose picture it got, and what a model said."""

    asking: Asking
    other: Asking
    answers: Answers

    @property
    def is_same_question(self) -> bool:
        """Whether both rows ask the same."""
        return normal(self.asking.question) == normal(self.other.question)

    def as_json(self) -> dict[str, object]:
        """All of it."""
        return {
            "sample_id": self.asking.key,
            "question": self.asking.question,
            "true": list(self.asking.truths),
            "other": self.other.key,
            "other_true": list(self.other.truths),
            **asdict(self.answers),
        }


@dataclass(frozen=True)
class SwapScores:
    """Shares, 0 to 1; what they mean stands at the top of this file. Intervals are 95 %."""

    num_rows: int
    num_same_question: int
    right: float
    right_swapped: float
    right_blank: float
    image_swap: float
    image_swap_95: Interval | None
    image_blank: float
    changed_swapped: float
    changed_blank: float
    follows: float | None
    chance: float | None
    match: str

    def as_json(self) -> dict[str, object]:
        """All of them by name."""
        return asdict(self)


def partners(rows: Sequence[Asking], seed: int = 0) -> list[int | None]:
    """For each row the number of the one whose picture it gets, by chance among those that fit best.

    A partner asks the same and has no true answer in common; where none does, any row without a true answer in
    common; None where there is none at all.
    """
    rng = np.random.default_rng(seed)
    by_question: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_question[normal(row.question)].append(number)
    return [_partner(number, rows, by_question[normal(row.question)], rng) for number, row in enumerate(rows)]


def _partner(number: int, rows: Sequence[Asking], same: Sequence[int], rng: np.random.Generator) -> int | None:
    mine = _normal(rows[number])
    for candidates in (same, range(len(rows))):
        start = int(rng.integers(len(candidates)))
        for place in range(len(candidates)):
            other = candidates[(start + place) % len(candidates)]
            if not mine & _normal(rows[other]):
                return other
    return None


def check_match(match: str) -> None:
    """InputError for a way of matching that is not of MATCHES."""
    if match not in MATCHES:
        raise InputError(f'unknown match "{match}"{nearest(match, MATCHES)}; known: {", ".join(MATCHES)}')


def way_of(match: str, row: Asking) -> str:
    """How a row's answers are matched: with "auto", "nearer" where its first truth is a sentence, else "exact"."""
    if match != "auto":
        return match
    return "nearer" if len(words(row.truths[0])) >= LONG_ANSWER else "exact"


def swap_scores(rows: Sequence[SwapRow], match: str = "auto") -> SwapScores:
    """The scores of rows; an answer that failed is not true. InputError where there are no rows."""
    if not rows:
        raise InputError("no row asks about one picture and knows a true answer, with another row to swap with")
    check_match(match)

    def score(said: str | None, row: Asking, other: Asking) -> float:
        return 0.0 if said is None else WAYS[way_of(match, row)](said, row, other)

    own = [score(row.answers.own, row.asking, row.other) for row in rows]
    swapped = [score(row.answers.swapped, row.asking, row.other) for row in rows]
    blank = [score(row.answers.blank, row.asking, row.other) for row in rows]
    follows = [score(row.answers.swapped, row.other, row.asking) for row in rows if row.is_same_question]
    gains = [mine - theirs for mine, theirs in zip(own, swapped, strict=True)]
    return SwapScores(
        num_rows=len(rows),
        num_same_question=len(follows),
        right=_mean(own),
        right_swapped=_mean(swapped),
        right_blank=_mean(blank),
        image_swap=_mean(gains),
        image_swap_95=mean_interval(gains),
        image_blank=_mean(own) - _mean(blank),
        changed_swapped=_mean([_differs(row.answers.own, row.answers.swapped) for row in rows]),
        changed_blank=_mean([_differs(row.answers.own, row.answers.blank) for row in rows]),
        follows=_mean(follows) if follows else None,
        chance=chance([row.asking for row in rows], match),
        match=match,
    )


def chance(rows: Sequence[Asking], match: str = "auto") -> float | None:
    """The share right of who answers what is true most often of the other rows with the same question.

    Over rows whose question is asked more than once; None where there are none. One half where the nearer truth counts.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    sizes: Counter[str] = Counter()
    for row in rows:
        counts[normal(row.question)].update(_normal(row))
        sizes[normal(row.question)] += 1
    found = []
    for row in rows:
        if way_of(match, row) == "nearer":
            found.append(0.5)
            continue
        others = counts[normal(row.question)] - Counter(_normal(row))
        if sizes[normal(row.question)] > 1:
            best = {truth for truth, count in others.items() if count == max(others.values())}
            found.append(len(best & _normal(row)) / len(best) if best else 0.0)
    return _mean(found) if found else None


def _equals(said: str, truth: str) -> bool:
    answer = final_answer(said)
    return is_same_text(answer, truth) or (normal(truth).isdigit() and is_same_number(answer, truth))


def _holds(said: str, truth: str) -> bool:
    ours, theirs = words(said), words(normal(truth))
    return bool(theirs) and any(
        ours[start : start + len(theirs)] == theirs for start in range(len(ours) - len(theirs) + 1)
    )


def _nearer(said: str, row: Asking, other: Asking) -> float:
    mine, theirs = (max(word_f1(said, truth) for truth in one.truths) for one in (row, other))
    return 0.5 if mine == theirs else float(mine > theirs)


WAYS: Mapping[str, Callable[[str, Asking, Asking], float]] = {
    "exact": lambda said, row, other: float(any(_equals(said, truth) for truth in row.truths)),
    "contains": lambda said, row, other: float(any(_holds(said, truth) for truth in row.truths)),
    "nearer": _nearer,
}
"""(answer, row, other row) -> how true the answer is of the row, 0 to 1."""


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _differs(own: str | None, other: str | None) -> float:
    return float(normal(own or "") != normal(other or ""))


def _normal(row: Asking) -> set[str]:
    return {normal(truth) for truth in row.truths}
