"""Block-masked attention of a packed batch: plain matrix products over buckets of samples of similar length."""
# N tokens in stream order, H query heads, G key/value heads, R = H // G, E head_dim, B samples and T tokens of
# the longest sample of a bucket

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mindseye.training.batches import Bucket

BLOCKED = -1e4  # finite: a row of padding sees nothing, and its softmax must still be defined


class BucketedAttention:
    """Answers queries in stream order, a bucket after the other."""

    def __init__(self, buckets: Sequence[Bucket], device: torch.device) -> None:
        self.shapes = [bucket.rows.shape for bucket in buckets]
        rows = torch.cat([torch.from_numpy(bucket.rows).flatten() for bucket in buckets]).to(device)
        is_token = rows >= 0
        self.gather = rows.clamp(min=0)  # (sum of B * T,)
        places = torch.arange(len(rows), device=device)[is_token]
        self.scatter = torch.empty_like(places)
        self.scatter[rows[is_token]] = places  # (N,) place of each stream token
        self.biases = [
            torch.zeros(bucket.mask.shape).masked_fill_(torch.from_numpy(~bucket.mask), BLOCKED).to(device)
            for bucket in buckets
        ]

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        dtype = v.dtype
        sizes = [batch * length for batch, length in self.shapes]
        padded = [x.to(dtype)[self.gather].split(sizes) for x in (q * q.shape[-1] ** -0.5, k, v)]
        answers = [
            attend_bucket(*parts, shape, bias)
            for *parts, shape, bias in zip(*padded, self.shapes, self.biases, strict=True)
        ]
        return torch.cat(answers)[self.scatter]


def attend_bucket(q: Tensor, k: Tensor, v: Tensor, shape: tuple[int, int], bias: Tensor) -> Tensor:
    """Padded q (B * T, H, E), scaled, and k, v (B * T, G, E) -> (B * T, H * E)."""
    batch, length = shape
    num_heads, head_dim = q.shape[1:]
    groups = k.shape[1]
    ratio = num_heads // groups
    q = q.view(batch, length, num_heads, head_dim).transpose(1, 2)  # (B, H, T, E)
    q = q.reshape(batch * groups, ratio * length, head_dim)
    k, v = (x.view(batch, length, groups, head_dim).transpose(1, 2).flatten(0, 1) for x in (k, v))
    scores = (q @ k.transpose(1, 2)).view(batch, groups * ratio, length, length)
    weights = (scores + bias[:, None].to(scores.dtype)).softmax(-1)  # (B, H, T, T)
    out = weights.view(batch * groups, ratio * length, length).to(v.dtype) @ v
    out = out.view(batch, num_heads, length, head_dim).transpose(1, 2)
    return out.reshape(batch * length, num_heads * head_dim)
