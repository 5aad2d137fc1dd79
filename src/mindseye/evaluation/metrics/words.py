"""Texts to compare, and their words: letters and digits in lower case, each Chinese character a word."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..final_answer import without_final_answer
from ..libraries import MetricUnavailableError
from ..samples import Sample, without_marks

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_ANY_CJK = re.compile(f"[{_CJK}]")


def words(text: str) -> list[str]:
    """The words of a text."""
    return _WORD.findall(text.lower())


def has_cjk(texts: Sequence[str]) -> bool:
    """Whether Chinese, Japanese or Korean stands in any of the texts."""
    return any(_ANY_CJK.search(text) for text in texts)


Pair = tuple[str, tuple[str, ...]]
"""What was written, and every text that is true: a picture may have several captions."""


def text_pairs(samples: Sequence[Sample]) -> dict[str, Pair]:
    """(what was written, what is true) by sample key: reasoning without its final answer, or answers where a row
    knows no reasoning. A row that failed has written nothing. MetricUnavailableError where no row knows its truth.
    """
    pairs: dict[str, Pair] = {}
    for sample in samples:
        written = without_marks(sample.output_text)
        if sample.truth.reasoning:
            true = without_final_answer(without_marks(sample.truth.reasoning))
            pairs[sample.key] = (without_final_answer(written), (true,))
        elif sample.truth.answer:
            pairs[sample.key] = (written, sample.truth.answers)
    if not pairs:
        raise MetricUnavailableError("no row has a true text")
    return pairs


def streams(true: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """True texts as sacrebleu wants them: the first of every row, the second, ...; None where a row has fewer."""
    longest = max(map(len, true))
    return [[texts[place] if place < len(texts) else None for texts in true] for place in range(longest)]
