"""The heart of Muon: a gradient's matrix with all its directions made equally strong."""
# K matrices of one shape, S the shorter of rows and columns

from __future__ import annotations

import torch
from torch import Tensor

NEWTON_SCHULZ_STEPS = 5
QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonalise(matrices: Tensor) -> Tensor:
    """Matrices (K, rows, columns) with all singular values brought near 1, by Newton-Schulz steps in bfloat16.

    Each step is three products that add what else there is; tall matrices are multiplied from the right, so that
    nothing is turned. Source of the idea and of the quintic's coefficients: Keller Jordan, "Muon", 2024.
    """
    is_tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    linear, cubic, quintic = QUINTIC
    for _ in range(NEWTON_SCHULZ_STEPS):
        turned = x.transpose(1, 2)
        gram = torch.bmm(turned, x) if is_tall else torch.bmm(x, turned)  # (K, S, S)
        mix = torch.baddbmm(gram, gram, gram, beta=cubic, alpha=quintic)
        x = torch.baddbmm(x, x, mix, beta=linear) if is_tall else torch.baddbmm(x, mix, x, beta=linear)
    return x
