"""What an objective is: it takes a model and a batch and returns named losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor


class Objective(Protocol):
    """Named losses as sums, beside how many numbers they are sums of.

    Who averages must know all of a step: its batches and those of other processes hold more or fewer words each, and
    a mean of means would weigh them wrongly. So the trainer divides each sum by the whole step's count.
    """

    @property
    def weights(self) -> Mapping[str, float]:
        """How much each mean counts, by name: the names of all losses, which never change."""
        ...

    def counts(self, batch: Any) -> Mapping[str, int]:
        """How many numbers each sum of this batch has, without computing any; a name that is absent counts none."""
        ...

    def sums(self, model: Any, batch: Any, generator: torch.Generator) -> Mapping[str, Tensor]:
        """() sums by name, with their graph, even where there is nothing to sum.

        `generator` (CPU) is the only chance there is: it was seeded with the number of the batch.
        """
        ...
