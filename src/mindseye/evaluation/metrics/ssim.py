"""SSIM (Wang et al., 2004) by scikit-image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..feature_networks import Networks
from ..libraries import load_library
from ..samples import Sample
from .picture_pairs import average_over_pairs
from .scores import Metric, Scores

WINDOW = 7  # px, scikit-image's own


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """The mean over rows of the mean over their pictures; 7 x 7 windows, each colour by itself."""
    similarity = load_library("skimage.metrics", "scikit-image").structural_similarity

    def score(ours: np.ndarray, true: np.ndarray) -> float:
        side = min(*true.shape[:2], WINDOW)
        return float(similarity(true, ours, channel_axis=2, data_range=255, win_size=side if side % 2 else side - 1))

    return average_over_pairs(samples, score)


METRIC = Metric("ssim", "pictures", "structure of the true picture, -1 to 1", measure)
