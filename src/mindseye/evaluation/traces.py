"""A trace of words and pictures as its steps, and where it first leaves another.

A step is a text between pictures; where a text numbers its thoughts ("THOUGHT 2: ...") or has several lines, each
is a step. The final answer is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ..inputs.row_forms import MARK
from .final_answer import without_final_answer

_THOUGHT = re.compile(r"^\s*(?:THOUGHT|Thought|Step|STEP)\s*\d+\s*[:.]", re.MULTILINE)
_TAGS = re.compile(r"</?think>")
AGREES = 0.6  # F1 of words from which on two steps say the same


def steps_of(trace: str) -> list[str]:
    """The steps of a trace, in order."""
    texts = MARK.split(without_final_answer(_TAGS.sub("\n", trace)))[::2]
    return [step for text in texts for step in _pieces(text)]


def first_departure(ours: Sequence[str], true: Sequence[str]) -> int | None:
    """The number (from 1) of the first step that differs, is missing or is too many; None where none is."""
    for number, (mine, theirs) in enumerate(zip(ours, true, strict=False), start=1):
        if word_f1(mine, theirs) < AGREES:
            return number
    return None if len(ours) == len(true) else min(len(ours), len(true)) + 1


def word_f1(first: str, second: str) -> float:
    """Twice the shared words over all words of both, 0 to 1."""
    a, b = (Counter(re.findall(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+", text.lower())) for text in (first, second))
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 1.0


def _pieces(text: str) -> list[str]:
    parts = _THOUGHT.split(text) if _THOUGHT.search(text) else text.splitlines()
    return [part.strip() for part in parts if part.strip()]
