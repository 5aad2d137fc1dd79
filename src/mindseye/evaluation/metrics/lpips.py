"""LPIPS (Zhang et al., 2018) with a network that is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..feature_networks import Networks
from ..samples import Sample
from .picture_pairs import average_over_pairs
from .scores import Metric, Scores


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """Squared distance of the script's LPIPS features, which holds the layers' weights within it."""
    script = networks.lpips_script()

    @torch.inference_mode()
    def score(ours: np.ndarray, true: np.ndarray) -> float:
        pixels = torch.from_numpy(np.stack((ours, true))).permute(0, 3, 1, 2).float()  # (2, 3, H, W), 0 to 255
        first, second = script(pixels, resize_images=False, return_lpips=True).double()
        return float((first - second).square().sum())

    return average_over_pairs(samples, score)


METRIC = Metric("lpips", "pictures", "perceptual distance to the true picture", measure, is_higher_better=False)
