"""Rotary position embedding (rotate-half form, as in Qwen2)."""
# N tokens, H heads, E head_dim

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Rotary:
    """Cosines and signed sines of every token's position, both (N, 1, E), float32."""

    cos: Tensor
    sin: Tensor

    @staticmethod
    def at(positions: Tensor, head_dim: int, theta: float) -> Rotary:
        """The rotary tables for integer `positions` (N,)."""
        exponents = torch.arange(0, head_dim, 2, device=positions.device, dtype=torch.float32) / head_dim
        angles = positions.float()[:, None] * theta**-exponents  # (N, E/2)
        sin = angles.sin()
        return Rotary(
            cos=angles.cos().repeat(1, 2)[:, None],  # (N, 1, E)
            sin=torch.cat([-sin, sin], dim=-1)[:, None],
        )

    def rotate(self, x: Tensor, dtype: torch.dtype) -> Tensor:
        """Turn `x` (N, H, E) by its tokens' positions; the arithmetic is float32, the result has `dtype`."""
        swapped = x.roll(x.shape[-1] // 2, dims=-1)
        return torch.addcmul(x * self.cos, swapped, self.sin).to(dtype)
