"""How near a drawn picture lies to the true one in the space of a network's features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..feature_networks import Networks
from ..samples import Sample
from .picture_pairs import MISSING, picture_pairs
from .scores import Metric, Scores, average


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """The cosine by row, the mean over its pictures."""
    encoder = networks.pictures()
    pairs = picture_pairs(samples)
    owners = [key for key, found in pairs.items() for _ in found]
    if not owners:
        return average({}, MISSING)
    drawn, right = zip(*(pair for found in pairs.values() for pair in found), strict=True)
    cosines = (unit(encoder.embed(drawn)) * unit(encoder.embed(right))).sum(1)
    of_row: dict[str, list[float]] = {}
    for key, cosine in zip(owners, cosines, strict=True):
        of_row.setdefault(key, []).append(float(cosine))
    rows = {key: sum(values) / len(values) for key, values in of_row.items()}
    return average(rows, MISSING, f"features {encoder.name}")


def unit(features: np.ndarray) -> np.ndarray:
    """(N, D) with rows of length 1."""
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)


METRIC = Metric("picture_similarity", "pictures", "cosine of picture features to the true picture's", measure)
