"""The final answer: the same words, the same number, the same choice. How it is found: evaluation/final_answer.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..feature_networks import Networks
from ..final_answer import choice_in, final_answer, is_choice, is_number, normal, number_in, same_number
from ..samples import Sample
from .scores import Metric, Scores, average


def is_same_text(said: str, true: str) -> bool:
    """Equal but for case, punctuation at the ends, articles and space."""
    return bool(normal(true)) and normal(said) == normal(true)


def is_same_number(said: str, true: str) -> bool:
    """The last number of both is the same, up to one part in ten thousand."""
    ours, theirs = number_in(said), number_in(true)
    return ours is not None and theirs is not None and same_number(ours, theirs)


def is_same_choice(said: str, true: str) -> bool:
    """Both name the same letter."""
    return choice_in(true) is not None and choice_in(said) == choice_in(true)


def _measure(
    is_meant: Callable[[str], bool], is_right: Callable[[str, str], bool], kind: str
) -> Callable[[Sequence[Sample], Networks], Scores]:
    def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
        asked = [sample for sample in samples if sample.truth.answer and is_meant(sample.truth.answer)]
        rows = {
            s.key: float(any(is_right(final_answer(s.output_text), true) for true in s.truth.answers)) for s in asked
        }
        return average(rows, f"a true answer that is {kind}")

    return measure


METRICS = (
    Metric("answer_exact", "answer", "the words of the true answer", _measure(bool, is_same_text, "given"), unit="%"),
    Metric(
        "answer_numeric",
        "answer",
        "the number of the true answer, where that is one",
        _measure(is_number, is_same_number, "a number"),
        unit="%",
    ),
    Metric(
        "answer_choice",
        "answer",
        "the letter of the true answer, where that is one",
        _measure(is_choice, is_same_choice, "a letter"),
        unit="%",
    ),
)
