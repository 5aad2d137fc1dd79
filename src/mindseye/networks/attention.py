"""The one place that knows how attention is computed.

The decoder hands over queries, keys and values in stream order (all `und` tokens, then all `gen` tokens) and
an `Attend` object answers. Grouped queries are folded into the query length, so keys and values are never
repeated.
"""
# N tokens of all sequences, T new tokens of one sequence, S tokens seen, H query heads, G key/value heads,
# R = H // G, E head_dim, B samples

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from .kv_cache import Canvas, KVCache

Parts = list[tuple[Tensor, Tensor]]
FEW_QUERIES = 64


class Attend(Protocol):
    """Answers the queries of one layer."""

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q (N, H, E), k and v (N, G, E), all in stream order -> (N, H * E)."""
        ...


@dataclass(frozen=True)
class Row:
    """What one sequence adds in a forward pass: its slice of the `und` and of the `gen` stream."""

    memory: KVCache | Canvas
    und: slice
    gen: slice | None = None
    is_causal: bool = False


class CachedAttention:
    """Each row attends to what its memory holds and to its own new tokens."""

    def __init__(self, rows: Sequence[Row], num_und: int) -> None:
        self.rows = rows
        self.num_und = num_und
        self.masks = [_lower_right_mask(row) for row in rows]

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if len(self.rows) == 1:  # one sequence: its tokens are the whole stream
            parts = self.rows[0].memory.write(layer, k, v)
            return attend_parts(q, parts, self._mask(0, q))
        out = q.new_empty(q.shape[0], q.shape[1] * q.shape[2])
        for i, row in enumerate(self.rows):
            if row.gen is None:
                parts = row.memory.write(layer, k[row.und], v[row.und])
                out[row.und] = attend_parts(q[row.und], parts, self._mask(i, q))
                continue
            gen = slice(self.num_und + row.gen.start, self.num_und + row.gen.stop)
            rows_of = lambda x, und=row.und, gen=gen: torch.cat([x[und], x[gen]])  # noqa: E731
            parts = row.memory.write(layer, rows_of(k), rows_of(v))
            answer = attend_parts(rows_of(q), parts, None)
            num_marks = row.und.stop - row.und.start
            out[row.und], out[gen] = answer[:num_marks], answer[num_marks:]
        return out

    def _mask(self, i: int, q: Tensor) -> Tensor | None:
        mask = self.masks[i]
        return None if mask is None else mask.to(q.device)


def _lower_right_mask(row: Row) -> Tensor | None:
    """(T, S) bool: a causal row's token sees everything before it; None where every token sees all."""
    num_new = row.und.stop - row.und.start
    if not row.is_causal or num_new == 1:
        return None
    length = row.memory.length
    return torch.ones(num_new, length + num_new, dtype=torch.bool).tril(length)


def attend_parts(q: Tensor, parts: Parts, mask: Tensor | None) -> Tensor:
    """Softmax attention of q (T, H, E) over keys and values given in parts (G, n, E) -> (T, H * E)."""
    num_tokens, num_heads, head_dim = q.shape
    groups = parts[0][0].shape[0]
    ratio = num_heads // groups
    q = q.view(num_tokens, groups, ratio, head_dim).permute(1, 2, 0, 3).reshape(groups, -1, head_dim)
    if mask is not None:
        mask = mask.repeat(ratio, 1)  # (R * T, S)
    if len(parts) == 1:
        keys, values = parts[0]
        out = F.scaled_dot_product_attention(q[None], keys[None], values[None], attn_mask=mask)[0]
    elif q.shape[1] <= FEW_QUERIES:
        out = _attend_in_pieces(q, parts, mask)
    else:
        keys = torch.cat([k for k, _ in parts], dim=1)
        values = torch.cat([v for _, v in parts], dim=1)
        out = F.scaled_dot_product_attention(q[None], keys[None], values[None], attn_mask=mask)[0]
    out = out.view(groups, ratio, num_tokens, head_dim).permute(2, 0, 1, 3)  # (T, G, R, E)
    return out.reshape(num_tokens, num_heads * head_dim)


def _attend_in_pieces(q: Tensor, parts: Parts, mask: Tensor | None) -> Tensor:
    """Few queries over many parts: only the small scores are joined, keys and values stay where they are."""
    q = q * q.shape[-1] ** -0.5
    scores = torch.cat([q @ k.transpose(1, 2) for k, _ in parts], dim=-1).float()  # (G, R * T, S)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = scores.softmax(-1).to(q.dtype)
    pieces = weights.split([k.shape[1] for k, _ in parts], dim=-1)
    out = pieces[0] @ parts[0][1]
    for piece, (_, values) in zip(pieces[1:], parts[1:], strict=True):
        out = out + piece @ values
    return out


class TrainingAttention:
    """Block-masked attention over samples padded to one length, in plain matrix products.

    `rows` (B, T) gives the place in stream order of each sample's tokens, -1 for padding; `mask` (B, T, T) is
    True where a query (row) may see a key (column).
    """

    def __init__(self, rows: Tensor, mask: Tensor) -> None:
        self.shape = rows.shape
        self.gather = rows.clamp(min=0).flatten()  # (B * T,)
        is_token = rows.flatten() >= 0
        places = torch.arange(rows.numel(), device=rows.device)[is_token]
        self.scatter = torch.empty_like(places)
        self.scatter[self.gather[is_token]] = places  # (N,) place of each stream token
        blocked = ~mask
        blocked[..., 0] &= mask.any(-1)  # a padded query sees something, lest the softmax be undefined
        self.bias = torch.zeros(mask.shape, device=mask.device).masked_fill(blocked, float("-inf"))

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        num_heads, head_dim = q.shape[1:]
        groups = k.shape[1]
        ratio = num_heads // groups
        batch, length = self.shape

        def pad(x: Tensor) -> Tensor:  # (N, H, E) -> (B, H, T, E)
            return x[self.gather].view(batch, length, -1, head_dim).transpose(1, 2)

        queries = pad(q).reshape(batch, groups, ratio * length, head_dim)
        scores = queries @ pad(k).transpose(2, 3) * head_dim**-0.5  # (B, G, R * T, T)
        scores = scores.view(batch, groups, ratio, length, length) + self.bias[:, None, None]
        weights = scores.softmax(-1).to(v.dtype).view(batch, groups, ratio * length, length)
        out = (weights @ pad(v)).view(batch, num_heads, length, head_dim)
        return out.transpose(1, 2).reshape(batch * length, -1)[self.scatter]


def attend_images(q: Tensor, k: Tensor, v: Tensor, lengths: Sequence[int]) -> Tensor:
    """Full attention inside each image of a packed batch: (P, H, E) -> (P, H * E); `lengths` sum to P."""
    if len(set(lengths)) == 1:
        fold = lambda x: x.view(len(lengths), lengths[0], *x.shape[1:]).transpose(1, 2)  # noqa: E731
        out = F.scaled_dot_product_attention(fold(q), fold(k), fold(v)).transpose(1, 2)
        return out.reshape(q.shape[0], -1)
    pieces = zip(q.split(list(lengths)), k.split(list(lengths)), v.split(list(lengths)), strict=True)
    out = [
        F.scaled_dot_product_attention(*(x.transpose(0, 1)[None] for x in piece))[0].transpose(0, 1) for piece in pieces
    ]
    return torch.cat(out).flatten(1)
