"""Recall at K both ways: can a row's truth be told from that of all others by what the row gave, and the reverse?"""
# N rows

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..feature_networks import Networks
from ..libraries import MetricUnavailableError
from ..samples import Sample, without_marks
from .picture_pairs import MISSING
from .picture_similarity import unit
from .scores import Metric, Scores, average
from .text_similarity import nearest_truth
from .words import text_pairs

KS = (1, 5, 10)
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
    return list(pairs), nearest_truth(pairs, encoder), f"model {encoder.name}"


def _captions(samples: Sequence[Sample], networks: Networks) -> Similarities:
    """What was written against the pictures that were asked about, by CLIP."""
    model = networks.clip_model()
    shown = [(sample, pictures) for sample in samples if sample.output_text and (pictures := sample.problem_images)]
    _check(len(shown), "both a picture that was asked about and a written text")
    texts = model.embed_texts([without_marks(sample.output_text) for sample, _ in shown])
    seen = model.embed([pictures[0] for _, pictures in shown])
    return [sample.key for sample, _ in shown], texts @ seen.T, f"model {model.name}"


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


def _metric(what: str, k: int, is_from_truth: bool) -> Metric:
    compare, about, reverse = COMPARED[what]
    said = f"{reverse if is_from_truth else about} among the {k} nearest"
    name = f"{what}_recall_at_{k}{'_from_truth' if is_from_truth else ''}"
    return Metric(name, "retrieval", said, _measure(compare, k, is_from_truth), unit="%")


COMPARED: dict[str, tuple[Callable[[Sequence[Sample], Networks], Similarities], str, str]] = {
    "picture": (_pictures, "the true picture is found by the row's own", "the true picture finds the row's own"),
    "text": (_texts, "the true text is found by the row's own", "the true text finds the row's own"),
    "caption": (_captions, "the text finds the picture it is about, by CLIP,", "the picture finds its text, by CLIP,"),
}
METRICS = tuple(_metric(what, k, is_from_truth) for what in COMPARED for k in KS for is_from_truth in (False, True))
