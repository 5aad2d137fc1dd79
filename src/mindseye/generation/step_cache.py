"""TaylorSeer: compute a third of the later denoising steps and extrapolate the others.

The reference extrapolates every layer's output. Each of them overwrites what came from below, so only the last
layer's matters; keeping that one alone gives the same numbers for a fraction of the memory.
"""
# L latent tokens, D hidden_size

from __future__ import annotations

import math

from torch import Tensor

FIRST_FULL_STEPS = 5
INTERVAL = 3
MAX_ORDER = 6


class TaylorSeer:
    """Finite differences of one branch's last hidden states (L, D) over its computed steps."""

    def __init__(self) -> None:
        self.step = 0
        self._computed_at = 0
        self._differences: list[Tensor] = []

    @property
    def is_due(self) -> bool:
        """Whether the next step has to be computed."""
        return self.step < FIRST_FULL_STEPS or (self.step - FIRST_FULL_STEPS + 1) % INTERVAL == 0

    def observe(self, states: Tensor) -> Tensor:
        """Take note of a computed step."""
        distance = self.step - self._computed_at
        differences = [states]
        if self.step >= FIRST_FULL_STEPS - 1:
            for old in self._differences[:MAX_ORDER]:
                differences.append((differences[-1] - old) / distance)
        self._differences, self._computed_at = differences, self.step
        self.step += 1
        return states

    def extrapolate(self) -> Tensor:
        """What the step would probably give."""
        distance = self.step - self._computed_at
        self.step += 1
        terms = [d * (distance**i / math.factorial(i)) for i, d in enumerate(self._differences)]
        return sum(terms[1:], start=terms[0])
