"""How near two texts lie in the space of a sentence encoder."""

from __future__ import annotations

from collections.abc import Sequence

from ..feature_networks import Networks
from ..samples import Sample
from .scores import Metric, Scores, average
from .words import text_pairs


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """The cosine by row."""
    pairs = text_pairs(samples)
    encoder = networks.sentences()
    ours, true = (encoder.embed(list(texts)) for texts in zip(*pairs.values(), strict=True))  # (N, D) of length 1
    cosines = (ours * true).sum(1)
    return average(dict(zip(pairs, map(float, cosines), strict=True)), "a true text", f"model {encoder.name}")


METRIC = Metric("text_similarity", "text", "cosine of sentence embeddings, -1 to 1", measure)
