"""Root-mean-square normalisation, computed in float32 whatever the input."""
# N tokens (or tokens x heads), D normalised size

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class RMSNorm(nn.Module):
    """Scale each row to a root mean square of one, then by a learned weight."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:  # (..., D) -> (..., D)
        if x.dtype == self.weight.dtype:
            return F.rms_norm(x, self.weight.shape, self.weight, self.eps)
        y = x.float()
        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self.eps)
        return self.weight * y.to(x.dtype)


class FewStepNorm:
    """The same for answering on a CPU, where each of torch's many steps through `rms_norm` costs as much as its work.

    Root mean square and norm differ by the square root of D, which goes into the weight, as it goes into eps.
    """

    def __init__(self, weight: Tensor, eps: float) -> None:
        """`weight` (..., D): one for all rows, or one a row of the last but one dimension."""
        size = weight.shape[-1]
        self.weight = weight.detach().float() * math.sqrt(size)
        self.floor = torch.tensor(math.sqrt(size * eps), device=weight.device)

    def __call__(self, x: Tensor) -> Tensor:  # (..., D) -> (..., D) float32
        length = torch.linalg.vector_norm(x, 2, -1, True, dtype=torch.float32)
        return (x / torch.hypot(length, self.floor)).mul_(self.weight)
