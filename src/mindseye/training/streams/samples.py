"""A stream over any data set that has a length: shuffled anew each round, no sample left out or seen twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ...errors import SettingsError


@dataclass(frozen=True)
class ShuffledSamples:
    """Batches of `batch_size` samples, made by `collate` from a list of them.

    Batch n of size b holds what batches 2 n and 2 n + 1 of size b / 2 hold: two processes with half of the batch each
    learn what one learns from the whole.
    """

    samples: Sequence[Any]
    batch_size: int
    collate: Callable[[list[Any]], Any]
    seed: int = 0

    def __post_init__(self) -> None:
        if not len(self.samples):
            raise SettingsError("there are no samples to learn from; look into the data set's files and its split")
        if self.batch_size < 1:
            raise SettingsError(f"batch_size is {self.batch_size}; expected 1 or more")

    def __getitem__(self, number: int) -> Any:
        places = np.arange(number * self.batch_size, (number + 1) * self.batch_size)
        rounds, within = np.divmod(places, len(self.samples))
        return self.collate([self.samples[self.order(r)[i]] for r, i in zip(rounds.tolist(), within.tolist())])

    def order(self, round_number: int) -> np.ndarray:
        """The samples' order in a round."""
        return _order(len(self.samples), self.seed, round_number)


@lru_cache(maxsize=4)
def _order(num_samples: int, seed: int, round_number: int) -> np.ndarray:
    return np.random.default_rng((seed, round_number)).permutation(num_samples)
