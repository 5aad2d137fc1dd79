"""Rotary position embedding (rotate-half form, as in Qwen2)."""
# N tokens, H heads, E head_dim

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

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
        frequencies = _frequencies(head_dim, theta, positions.device)
        angles = positions.float()[:, None, None] * frequencies  # (N, 1, E)
        return Rotary(cos=angles.cos(), sin=angles.sin())

    def rotate(self, x: Tensor, dtype: torch.dtype) -> Tensor:
        """Turn `x` (N, H, E) by its tokens' positions; the arithmetic is float32, the result has `dtype`."""
        swapped = x.roll(x.shape[-1] // 2, dims=-1)
        return (x * self.cos).addcmul_(swapped, self.sin).to(dtype)


@lru_cache
def _frequencies(head_dim: int, theta: float, device: torch.device) -> Tensor:
    """(E,) angle a position; negative in the first half, whose sines are subtracted."""
    with torch.inference_mode(False):
        exponents = torch.arange(0, head_dim, 2, device=device, dtype=torch.float32) / head_dim
        frequencies = theta**-exponents
        return torch.cat([-frequencies, frequencies])
