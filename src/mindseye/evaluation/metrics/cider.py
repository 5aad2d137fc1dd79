"""CIDEr-D (Vedantam et al., 2015): n-grams weighted by how rare they are among the true texts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..feature_networks import Networks
from ..libraries import MetricUnavailableError
from ..samples import Sample
from .scores import Metric, Scores, average
from .words import text_pairs, words

LONGEST = 4  # words of an n-gram
SIGMA = 6.0  # of the penalty on differences in length
SCALE = 10.0
Gram = tuple[str, ...]


@dataclass(frozen=True)
class Weighed:
    """A text as tf-idf weights by n-gram, one dict for each n, with their norms; its length in pairs of words."""

    weights: tuple[dict[Gram, float], ...]
    norms: tuple[float, ...]
    length: int


def cider_d(written: Sequence[Sequence[str]], true: Sequence[Sequence[Sequence[str]]]) -> list[float]:
    """The score (0 to 10) of each text of words against its true ones, their mean.

    Rarity is counted over rows: in how many of them any true text has an n-gram.
    """
    frequency: Counter[Gram] = Counter()
    for texts in true:
        frequency.update({gram for text in texts for gram in _grams(text)})
    log_count = math.log(len(true))
    scores = []
    for text, texts in zip(written, true, strict=True):
        ours = _weigh(text, frequency, log_count)
        found = [_similarity(ours, _weigh(one, frequency, log_count)) for one in texts]
        scores.append(sum(found) / len(found))
    return scores


def _grams(text: Sequence[str]) -> Counter[Gram]:
    return Counter(
        tuple(text[start : start + size]) for size in range(1, LONGEST + 1) for start in range(len(text) - size + 1)
    )


def _weigh(text: Sequence[str], frequency: Counter[Gram], log_count: float) -> Weighed:
    weights: tuple[dict[Gram, float], ...] = tuple({} for _ in range(LONGEST))
    for gram, count in _grams(text).items():
        weights[len(gram) - 1][gram] = count * (log_count - math.log(max(1, frequency[gram])))
    norms = tuple(math.sqrt(sum(weight**2 for weight in level.values())) for level in weights)
    return Weighed(weights, norms, max(len(text) - 1, 0))


def _similarity(ours: Weighed, true: Weighed) -> float:
    total = 0.0
    for level in range(LONGEST):
        mine, theirs = ours.weights[level], true.weights[level]
        shared = sum(min(weight, theirs[gram]) * theirs[gram] for gram, weight in mine.items() if gram in theirs)
        if ours.norms[level] and true.norms[level]:
            total += shared / (ours.norms[level] * true.norms[level])
    penalty = math.exp(-((ours.length - true.length) ** 2) / (2 * SIGMA**2))
    return SCALE * total * penalty / LONGEST


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """The mean over rows."""
    pairs = text_pairs(samples)
    if len(pairs) < 2:
        raise MetricUnavailableError("CIDEr weighs words by their rarity over rows and needs two rows or more")
    ours = [words(written) for written, _ in pairs.values()]
    theirs = [[words(text) for text in texts] for _, texts in pairs.values()]
    return average(dict(zip(pairs, cider_d(ours, theirs), strict=True)), "a true text")


METRIC = Metric("cider", "text", "rare n-grams of the true text, CIDEr-D, 0 to 10", measure)
