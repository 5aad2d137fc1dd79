"""Root-mean-square normalisation, computed in float32 whatever the input."""
# N tokens (or tokens x heads), D normalised size

from __future__ import annotations

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
        return F.rms_norm(x, self.weight.shape, None, self.eps) * self.weight
