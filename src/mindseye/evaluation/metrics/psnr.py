"""PSNR of a drawn picture against the true one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..feature_networks import Networks
from ..samples import Sample
from .picture_pairs import average_over_pairs
from .scores import Metric, Scores

MOST = 100.0  # dB for equal pictures: no mean can hold the infinity that the formula gives


def psnr(ours: np.ndarray, true: np.ndarray) -> float:
    """dB of two uint8 pictures of one shape, at most 100."""
    error = float(np.mean((ours.astype(np.float64) - true.astype(np.float64)) ** 2))
    return MOST if error == 0 else min(MOST, 10 * math.log10(255**2 / error))


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """The mean over rows of the mean over their pictures."""
    return average_over_pairs(samples, psnr)


METRIC = Metric("psnr", "pictures", "pixels of the true picture, at most 100", measure, unit="dB")
