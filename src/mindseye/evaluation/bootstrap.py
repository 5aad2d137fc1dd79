"""How sure one can be of an average: bootstrap intervals."""
# N values, R resamples

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 1000
CONFIDENCE = 0.95
AT_ONCE = 2_000_000  # draws held in memory
Interval = tuple[float, float]


def mean_interval(values: Sequence[float], resamples: int = RESAMPLES, seed: int = 0) -> Interval | None:
    """The 95 % percentile interval of the mean; None for fewer than two values, which tell nothing of spread."""
    numbers = np.asarray(values, np.float64)
    if len(numbers) < 2:
        return None
    rng = np.random.default_rng(seed)
    means = np.empty(resamples)
    step = max(1, AT_ONCE // len(numbers))
    for start in range(0, resamples, step):
        size = (min(step, resamples - start), len(numbers))
        means[start : start + size[0]] = numbers[rng.integers(0, len(numbers), size)].mean(1)  # (R,)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    return float(low), float(high)
