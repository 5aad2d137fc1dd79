"""CLIPScore (Hessel et al., 2021): does the last picture show what the words asked for?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..feature_networks import Networks
from ..samples import Sample, without_marks
from .scores import Metric, Scores, average

WEIGHT = 2.5  # of the paper


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """2.5 times the cosine, not below zero, of rows that drew a picture."""
    model = networks.clip_model()
    drawn = [sample for sample in samples if sample.output_images and sample.question]
    if not drawn:
        return average({}, "a drawn picture and words that asked for it")
    pictures = model.embed([sample.output_images[-1] for sample in drawn])
    texts = model.embed_texts([without_marks(sample.question) for sample in drawn])
    scores = WEIGHT * np.maximum((pictures * texts).sum(1), 0)
    rows = {sample.key: float(score) for sample, score in zip(drawn, scores, strict=True)}
    return average(rows, "a drawn picture", f"model {model.name}")


def measure_captions(samples: Sequence[Sample], networks: Networks) -> Scores:
    """The same for what was written about the first picture that a row asks about."""
    model = networks.clip_model()
    told = [(sample, shown) for sample in samples if sample.output_text and (shown := sample.problem_images)]
    if not told:
        return average({}, "both a picture that was asked about and a written text")
    pictures = model.embed([shown[0] for _, shown in told])
    texts = model.embed_texts([without_marks(sample.output_text) for sample, _ in told])
    scores = WEIGHT * np.maximum((pictures * texts).sum(1), 0)
    rows = {sample.key: float(score) for (sample, _), score in zip(told, scores, strict=True)}
    return average(rows, "a written text", f"model {model.name}")


METRICS = (
    Metric("clip_score", "pictures", "the last picture against the words, CLIPScore, 0 to 2.5", measure),
    Metric("caption_clip_score", "text", "the text against its picture, CLIPScore, 0 to 2.5", measure_captions),
)
