"""Words by cross-entropy."""
# B texts, T tokens of the longest, V words, M labelled tokens

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

UNLABELLED = -100
"""The label of a token that predicts nothing."""


def cross_entropies(logits: Tensor, labels: Tensor) -> Tensor:
    """Scores (M, V) and the right words (M,) -> (M,) float32."""
    return F.cross_entropy(logits.float(), labels, reduction="none")


class Labelled(Protocol):
    """A batch of texts of which some tokens predict a word."""

    @property
    def labels(self) -> Tensor:
        """(B, T): what the token at this place must predict, or UNLABELLED; not shifted."""
        ...


@dataclass(frozen=True)
class TextObjective:
    """Cross-entropy of a model that gives scores (B, T, V) for every token of a batch."""

    device: torch.device
    scores: Callable[[Any, Any], Tensor] = lambda model, batch: model(batch)
    """(model, batch) -> (B, T, V)."""
    weights: Mapping[str, float] = field(default_factory=lambda: {"ce": 1.0})

    def counts(self, batch: Labelled) -> dict[str, int]:
        return {"ce": int((batch.labels != UNLABELLED).sum())}

    def sums(self, model: Any, batch: Labelled, generator: torch.Generator) -> dict[str, Tensor]:
        at = (batch.labels.flatten() != UNLABELLED).nonzero().flatten()  # on the host, so that no device is asked
        labels = batch.labels.flatten()[at].to(self.device)
        scores = self.scores(model, batch).flatten(0, 1)[at.to(self.device)]  # (M, V)
        return {"ce": cross_entropies(scores, labels).sum()}
