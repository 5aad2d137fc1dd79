"""InfoNCE: each picture finds its own text among all, and each text its picture, over all processes."""
# B pairs of this process, N pairs of all, D numbers of an embedding

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..parallel import ALONE, Processes, gather_with_grad
from ..precision import without_mixing

LARGEST_SCALE = 100.0  # as in CLIP: colder, and a single pair decides the gradient


class Temperature(nn.Module):
    """The learnt sharpness of the comparison; a part of the model, since it is trained and saved with it."""

    def __init__(self, temperature: float = 0.07) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    def forward(self) -> Tensor:
        """() what cosines are multiplied with."""
        return self.log_scale.clamp(max=math.log(LARGEST_SCALE)).exp()


@dataclass(frozen=True)
class Pairs:
    """Embeddings of pictures and of their texts, row by row."""

    images: Tensor
    """(B, D)"""
    texts: Tensor
    """(B, D)"""
    scale: Tensor
    """() what `Temperature` gives."""


def info_nce(pairs: Pairs, processes: Processes = ALONE) -> Tensor:
    """(B,) losses of this process' pairs, both ways averaged, with the pairs of all processes to choose from."""
    with without_mixing(pairs.images.device):
        images, texts = (F.normalize(side.float(), dim=-1) for side in (pairs.images, pairs.texts))
        all_images, first = gather_with_grad(images, processes)  # (N, D)
        all_texts, _ = gather_with_grad(texts, processes)
        own = first + torch.arange(len(images), device=images.device)
        scale = pairs.scale.float()
        to_texts = F.cross_entropy(scale * images @ all_texts.T, own, reduction="none")
        to_images = F.cross_entropy(scale * texts @ all_images.T, own, reduction="none")
    return (to_texts + to_images) / 2


@dataclass(frozen=True)
class ContrastiveObjective:
    """InfoNCE of a model that embeds the pictures and the texts of a batch."""

    pairs: Callable[[Any, Any], Pairs]
    """(model, batch) -> its pairs."""
    processes: Processes = ALONE
    weights: Mapping[str, float] = field(default_factory=lambda: {"contrastive": 1.0})

    def counts(self, batch: Any) -> dict[str, int]:
        return {"contrastive": batch.num_samples}

    def sums(self, model: Any, batch: Any, generator: torch.Generator) -> dict[str, Tensor]:
        return {"contrastive": info_nce(self.pairs(model, batch), self.processes).sum()}
