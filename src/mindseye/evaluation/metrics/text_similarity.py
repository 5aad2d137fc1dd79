"""How near two texts lie in the space of a sentence encoder."""
# N rows, M true texts, D numbers of a text

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..feature_networks import Encoder, Networks
from ..samples import Sample
from .scores import Metric, Scores, average
from .words import Pair, text_pairs


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """The cosine by row; of several true texts the nearest."""
    pairs = text_pairs(samples)
    encoder = networks.sentences()
    cosines = np.diag(nearest_truth(pairs, encoder))
    return average(dict(zip(pairs, map(float, cosines), strict=True)), "a true text", f"model {encoder.name}")


def nearest_truth(pairs: Mapping[str, Pair], encoder: Encoder) -> np.ndarray:
    """(N, N) cosines of what row i wrote and the nearest of the true texts of row j."""
    ours = encoder.embed([written for written, _ in pairs.values()])  # (N, D) of length 1
    true = encoder.embed([text for _, texts in pairs.values() for text in texts])  # (M, D), row after row
    counts = [len(texts) for _, texts in pairs.values()]
    starts = np.cumsum([0, *counts[:-1]])
    return np.maximum.reduceat(ours @ true.T, starts, axis=1)


METRIC = Metric("text_similarity", "text", "cosine of sentence embeddings, -1 to 1", measure)
