"""Cheap random choices: numpy's Generator is slow at single picks, so all go through one float."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Dice:
    """Picks, chances and orders, all drawn from one numpy Generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def chance(self, share: float) -> bool:
        """True in `share` (0 to 1) of all throws."""
        return self.rng.random() < share

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, each as likely."""
        return options[int(self.rng.random() * len(options))]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """`count` different options in random order; all of them when there are fewer."""
        left = list(options)
        return [left.pop(int(self.rng.random() * len(left))) for _ in range(min(count, len(left)))]
