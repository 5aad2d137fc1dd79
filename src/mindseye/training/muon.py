"""The heart of Muon: a gradient's matrix with all its directions made equally strong."""
# K matrices of one shape

from __future__ import annotations

from torch import Tensor

NEWTON_SCHULZ_STEPS = 5


def orthogonalise(matrices: Tensor) -> Tensor:
    """Matrices (K, rows, columns) with all singular values brought near 1, by Newton-Schulz steps in bfloat16.

    Source of the idea and of the quintic's coefficients: Keller Jordan, "Muon", 2024.
    """
    is_tall = matrices.shape[1] > matrices.shape[2]
    x = (matrices.transpose(1, 2) if is_tall else matrices).bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    a, b, c = 3.4445, -4.7750, 2.0315
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.transpose(1, 2) if is_tall else x).float()
