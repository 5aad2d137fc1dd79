"""Full attention inside each image of a packed batch."""
# P patches, H heads, E head_dim, I images, T patches of an image

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate

import torch
import torch.nn.functional as F
from torch import Tensor

from ..to_device import send

AttendImages = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Queries, keys and values of all patches (P, H, E) -> (P, H * E)."""


def attend_within_images(lengths: Sequence[int], device: torch.device) -> AttendImages:
    """How the patches of images with these `lengths` attend to their own image, in all layers of one pass."""
    if device.type == "cpu" or len(set(lengths)) == 1:
        return partial(attend_images, lengths=lengths)
    return PaddedImages(lengths, device)


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


class PaddedImages:
    """The same in one call whatever the sizes, for a device that pays for every launch: padded to the largest image."""

    def __init__(self, lengths: Sequence[int], device: torch.device) -> None:
        longest = max(lengths)
        starts = list(accumulate(lengths, initial=0))
        rows = [
            [*range(start, start + length), *[start] * (longest - length)]
            for start, length in zip(starts, lengths, strict=False)
        ]
        back = [image * longest + patch for image, length in enumerate(lengths) for patch in range(length)]
        self._shape = (len(lengths), longest)
        self._padded, self._back, seen = send([[place for row in rows for place in row], back, lengths], device)
        self._mask = (torch.arange(longest, device=device) < seen[:, None])[:, None, None]  # (I, 1, 1, T)

    def __call__(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (x.index_select(0, self._padded).unflatten(0, self._shape).transpose(1, 2) for x in (q, k, v))
        whole = F.scaled_dot_product_attention(q, k, v, attn_mask=self._mask).transpose(1, 2)  # (I, T, H, E)
        return whole.flatten(0, 1).index_select(0, self._back).flatten(1)
