"""Full attention inside each image of a packed batch."""
# P patches, H heads, E head_dim, I images, T patches of an image

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def attend_images(q: Tensor, k: Tensor, v: Tensor, lengths: Sequence[int]) -> Tensor:
    """Full attention inside each image of a packed batch: (P, H, E) -> (P, H * E); `lengths` sum to P."""
    if len(set(lengths)) == 1:
        q, k, v = (x.view(len(lengths), lengths[0], *x.shape[1:]).transpose(1, 2) for x in (q, k, v))  # (I, H, T, E)
        whole = _attend_grids(q, k, v) if _learns_on_cpu(q) else F.scaled_dot_product_attention(q, k, v)
        return whole.transpose(1, 2).reshape(sum(lengths), -1)
    pieces = zip(q.split(list(lengths)), k.split(list(lengths)), v.split(list(lengths)), strict=True)
    out = [
        F.scaled_dot_product_attention(*(x.transpose(0, 1)[None] for x in piece))[0].transpose(0, 1) for piece in pieces
    ]
    return torch.cat(out).flatten(1)


def _learns_on_cpu(q: Tensor) -> bool:
    """On a CPU in bfloat16 the fused kernel's way back takes ten times as long as that of matrix products."""
    return q.device.type == "cpu" and q.requires_grad


def _attend_grids(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """(I, H, T, E) each, by matrix products."""
    weights = ((q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)).softmax(-1)
    return weights @ v
