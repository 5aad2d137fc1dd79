"""ROUGE by rouge-score; of several true texts the one that agrees best."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..feature_networks import Networks
from ..libraries import load_library
from ..samples import Sample
from .scores import Metric, Scores, average
from .words import text_pairs, words


class _Words:
    """rouge-score's own words for English; Chinese, which it would drop, by character."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


def _measure(kind: str) -> Callable[[Sequence[Sample], Networks], Scores]:
    def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
        scorer = load_library("rouge_score.rouge_scorer", "rouge-score").RougeScorer([kind], tokenizer=_Words())
        rows = {key: scorer.score_multi(true, ours)[kind].fmeasure for key, (ours, true) in text_pairs(samples).items()}
        return average(rows, "a true text")

    return measure


METRICS = tuple(
    Metric(name, "text", f"{about} of the true text, F1 by rouge-score", _measure(kind), unit="%")
    for name, kind, about in (
        ("rouge_1", "rouge1", "words"),
        ("rouge_2", "rouge2", "pairs of words"),
        ("rouge_l", "rougeL", "longest common subsequence"),
    )
)
