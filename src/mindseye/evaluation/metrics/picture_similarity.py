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
    rows = {}
    for key, pairs in picture_pairs(samples).items():
        ours, true = (unit(encoder.embed(pictures)) for pictures in zip(*pairs, strict=True))
        rows[key] = float((ours * true).sum(1).mean())
    return average(rows, MISSING, f"features {encoder.name}")


def unit(features: np.ndarray) -> np.ndarray:
    """(N, D) with rows of length 1."""
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)


METRIC = Metric("picture_similarity", "pictures", "cosine of picture features to the true picture's", measure)
