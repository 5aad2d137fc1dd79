"""Features of things of which no photograph is at hand.

A classifier's rows tell where a class lies among the features of its tower. Features of any pictures are moved there:
the way that changes the class' score by one and is the likeliest for such features (the least Mahalanobis length) is
added to a part of the picture, until the classifier is as sure as it is of photographs.
"""
# B features made at once, P places, F numbers of a feature, K classes, M pictures

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

SHRINKAGE = 0.1  # of the covariance towards its diagonal: pictures are few
LARGEST_PUSH = 48.0  # in scores of the class
HALVINGS = 9
UNSURE, SURE = 0.2, 0.98  # how likely a class is made


@dataclass(frozen=True)
class ClassFeatures:
    """Features of real pictures, and those of any class that are made from them."""

    pictures: Tensor
    """(M, P, F) of pictures of anything."""
    rows: Tensor
    """(K, F) of the classifier."""
    bias: Tensor
    """(K,)"""

    def scores(self, features: Tensor) -> Tensor:
        """(B, P, F) -> (B, K)."""
        return features.float().mean(-2) @ self.rows.T + self.bias

    @cached_property
    def ways(self) -> Tensor:
        """(K, F) the likeliest change of the pooled features that raises each class' score by one."""
        pooled = self.pictures.float().mean(1)
        spread = pooled - pooled.mean(0)
        covariance = spread.T @ spread / len(spread)
        covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * torch.diag(covariance.diagonal())
        ways = self.rows @ covariance
        return ways / (ways * self.rows).sum(1, keepdim=True)

    @cached_property
    def found(self) -> tuple[Tensor, Tensor]:
        """(M,) what the classifier takes each picture for, and how likely it thinks that."""
        likely, classes = self.scores(self.pictures).softmax(-1).max(1)
        return classes, likely

    def of_pictures(self, at_least: float) -> Tensor:
        """Numbers of the pictures of which the classifier is so sure."""
        return torch.nonzero(self.found[1] >= at_least).flatten()

    def make(self, classes: Tensor, generator: torch.Generator) -> Tensor:
        """(B, P, F) for classes (B,), each from a picture by chance, as sure as chance will have it."""
        count = len(classes)
        chosen = torch.randint(len(self.pictures), (count,), generator=generator)
        base = self.pictures[chosen].float()
        push = blobs(count, base.shape[1], generator)[..., None] * self.ways[classes][:, None]  # (B, P, F)
        wanted = UNSURE + (SURE - UNSURE) * torch.rand(count, generator=generator)
        low, high = torch.zeros(count), torch.full((count,), LARGEST_PUSH)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            features = F.relu(base + middle[:, None, None] * push)
            likely = self.scores(features).softmax(-1).gather(1, classes[:, None])[:, 0]
            low, high = torch.where(likely < wanted, middle, low), torch.where(likely < wanted, high, middle)
        return F.relu(base + high[:, None, None] * push)


def blobs(count: int, num_places: int, generator: torch.Generator) -> Tensor:
    """(count, P) where things stand: a soft spot anywhere, of any size, with a mean of one."""
    side = round(num_places**0.5)
    axis = torch.arange(side).float()
    middle = torch.rand(count, 2, generator=generator) * (side - 1)
    width = side * (0.15 + 0.6 * torch.rand(count, 1, generator=generator))
    rows, columns = (torch.exp(-(((axis - middle[:, i : i + 1]) / width) ** 2)) for i in (0, 1))
    spots = (rows[:, :, None] * columns[:, None]).flatten(1)
    return spots / spots.mean(1, keepdim=True)
