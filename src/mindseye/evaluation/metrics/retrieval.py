"""Recall at K both ways: can a row's truth be told from that of all others by what the row gave, and the reverse?"""
# N rows

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..feature_networks import Networks
from ..libraries import MetricUnavailableError
from ..samples import Sample
from .picture_pairs import MISSING
from .picture_similarity import unit
from .scores import Metric, Scores, average
from .words import text_pairs

KS = (1, 5)
Similarities = tuple[list[str], np.ndarray, str]


def hits(similarity: np.ndarray, k: int) -> np.ndarray:
    """(N,) whether fewer than k others are more similar to row i than i's own, of (N, N). Equal ones do not count."""
    own = np.diag(similarity)[:, None]
    return (similarity > own + 1e-6).sum(1) < k


def _pictures(samples: Sequence[Sample], networks: Networks) -> Similarities:
    """The last drawn picture against the last true one."""
    chosen = [sample for sample in samples if sample.output_images and sample.true_images]
    _check(len(chosen), MISSING)
    encoder = networks.pictures()
    ours = unit(encoder.embed([sample.output_images[-1] for sample in chosen]))
    true = unit(encoder.embed([sample.true_images[-1] for sample in chosen]))
    return [sample.key for sample in chosen], ours @ true.T, f"features {encoder.name}"


def _texts(samples: Sequence[Sample], networks: Networks) -> Similarities:
    """What was written against what is true."""
    pairs = text_pairs(samples)
    _check(len(pairs), "a true text")
    encoder = networks.sentences()
    ours, true = (unit(encoder.embed(list(texts))) for texts in zip(*pairs.values(), strict=True))
    return list(pairs), ours @ true.T, f"model {encoder.name}"


def _check(count: int, what: str) -> None:
    if count < 2:
        raise MetricUnavailableError(f"{count} rows have {what}; telling rows apart needs two or more")


def _measure(
    compare: Callable[[Sequence[Sample], Networks], Similarities], k: int, is_from_truth: bool
) -> Callable[[Sequence[Sample], Networks], Scores]:
    def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
        keys, similarity, note = compare(samples, networks)
        found = hits(similarity.T if is_from_truth else similarity, k)
        return average(dict(zip(keys, map(float, found), strict=True)), "a truth", f"{note}, among {len(keys)} rows")

    return measure


METRICS = tuple(
    Metric(
        f"{what}_recall_at_{k}{'_from_truth' if is_from_truth else ''}",
        "retrieval",
        f"the true {what} {'finds' if is_from_truth else 'is found by'} the row's own among the {k} nearest",
        _measure(compare, k, is_from_truth),
        unit="%",
    )
    for what, compare in (("picture", _pictures), ("text", _texts))
    for k in KS
    for is_from_truth in (False, True)
)
