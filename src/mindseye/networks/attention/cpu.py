"""Attention over caches of chunks, as a CPU likes it: a row after the other, and few operations for one new token.

Grouped queries are folded into the query length, so keys and values are never repeated.
"""
# N tokens of all sequences, T new tokens of one sequence, S tokens seen, H query heads, G key/value heads,
# R = H // G, E head_dim

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..kv_bench import Company
from ..kv_chunks import ChunkCache, ChunkCanvas, KeysValues
from .interface import Attend, Row

FEW_QUERIES = 128  # R * T; up to here joining scores is cheaper than joining keys and values
SCORES_AT_ONCE = 1 << 20  # numbers; a block of them should stay in a core's cache


class CachedAttention:
    """Each row attends to what its cache holds and to its own new tokens."""

    def __init__(self, rows: Sequence[Row], num_und: int) -> None:
        self.rows = rows
        self.caches = [_in_chunks(row) for row in rows]
        for row, cache in zip(rows, self.caches, strict=True):
            if isinstance(cache, ChunkCache) and row.und.stop - row.und.start > 1:
                cache.leave()
        self.lengths = [row.und.stop - row.und.start for row in rows]
        self.lengths += [row.gen.stop - row.gen.start for row in rows if row.gen]
        assert sum(self.lengths[: len(rows)]) == num_und
        gen_places = iter(range(len(rows), len(self.lengths)))
        self.places = [[i, next(gen_places)] if row.gen else [i] for i, row in enumerate(rows)]
        self.masks: list[Tensor | None] = []

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if not self.masks:
            self.masks = [_lower_right_mask(row, q.device) for row in self.rows]
        q = q.unflatten(1, (k.shape[1], -1))  # (N, G, R, E)
        queries, keys, values = (x.split_with_sizes(self.lengths) for x in (q, k, v))
        answers: list[Tensor] = list(queries)
        for cache, places, mask in zip(self.caches, self.places, self.masks, strict=True):
            parts = cache.write(layer, [keys[i] for i in places], [values[i] for i in places])
            answer = attend_parts([queries[i] for i in places], parts, mask)
            for i, piece in zip(places, answer, strict=True):
                answers[i] = piece
        whole = answers[0] if len(answers) == 1 else torch.cat(answers)
        return whole.flatten(1)


class NextTokens:
    """One new token of each sequence attends to its cache and to itself: what writing a text is made of."""

    def __init__(self, caches: Sequence[ChunkCache]) -> None:
        self.caches = caches
        if len(caches) == 1:
            caches[0].leave()

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if len(self.caches) == 1:
            return _attend_next(self.caches[0], layer, q, k, v)
        each = zip(self.caches, q.split(1), k.split(1), v.split(1), strict=True)
        return torch.cat([_attend_next(cache, layer, *its) for cache, *its in each])


def _attend_next(cache: ChunkCache, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q (1, H, E), k and v (1, G, E) -> (1, H * E)."""
    parts = cache.append(layer, k, v)
    q = q.view(1, k.shape[1], -1, k.shape[2])  # (1, G, R, E)
    if len(parts) > 1:
        return attend_parts([q], parts, None)[0].flatten(1)
    [(keys, values)] = parts
    return F.scaled_dot_product_attention(q, keys[None], values[None]).reshape(1, -1)


def attend_to_chunks(rows: Sequence[Row], num_und: int) -> Attend:
    """How these rows attend to what they hold in chunks and to what is new."""
    caches = [row.cache for row in rows if isinstance(row.cache, ChunkCache)]
    if len(caches) == len(rows) and all(row.gen is None and row.und.stop - row.und.start == 1 for row in rows):
        together = Company.of(caches).together(caches) if len(caches) > 1 else None
        return together or NextTokens(caches)
    return CachedAttention(rows, num_und)


def _in_chunks(row: Row) -> ChunkCache | ChunkCanvas:
    assert isinstance(row.cache, (ChunkCache, ChunkCanvas))
    return row.cache


def _lower_right_mask(row: Row, device: torch.device) -> Tensor | None:
    """(T, S) bool: a causal row's token sees everything before it; None where every token sees all."""
    num_new = row.und.stop - row.und.start
    if not row.is_causal or num_new == 1:
        return None
    length = row.cache.length
    return torch.ones(num_new, length + num_new, dtype=torch.bool, device=device).tril(length)


def attend_parts(queries: Sequence[Tensor], parts: Sequence[KeysValues], mask: Tensor | None) -> Sequence[Tensor]:
    """Softmax attention over keys and values given in parts (G, n, E).

    `queries` are pieces (t, G, R, E) of one sequence, and so are the answers.
    """
    lengths = [len(piece) for piece in queries]
    folded = [piece.transpose(0, 1) for piece in queries]
    q = folded[0] if len(folded) == 1 else torch.cat(folded, dim=1)  # (G, T, R, E)
    groups, num_tokens, ratio, head_dim = q.shape
    q = q.reshape(groups, num_tokens * ratio, head_dim)
    if _prefers_products(q) or (len(parts) > 1 and q.shape[1] <= FEW_QUERIES):
        out = _attend_by_products(q, parts, mask)
    else:
        keys, values = parts[0] if len(parts) == 1 else (torch.cat(x, dim=1) for x in zip(*parts, strict=True))
        if mask is not None:
            mask = mask.repeat_interleave(ratio, dim=0)  # (T * R, S)
        out = F.scaled_dot_product_attention(q[None], keys[None], values[None], attn_mask=mask)[0]
    return out.view(groups, num_tokens, ratio, head_dim).transpose(0, 1).split_with_sizes(lengths)


def _prefers_products(q: Tensor) -> bool:
    """On a CPU in bfloat16 plain matrix products are twice as fast as the fused kernel, but for few queries."""
    return q.device.type == "cpu" and q.dtype == torch.bfloat16 and q.shape[1] > FEW_QUERIES


def _attend_by_products(q: Tensor, parts: Sequence[KeysValues], mask: Tensor | None) -> Tensor:
    """q (G, T * R, E); only scores are joined, keys and values stay where they are."""
    q = q * q.shape[-1] ** -0.5
    sizes = [keys.shape[1] for keys, _ in parts]
    ratio = 1 if mask is None else q.shape[1] // len(mask)
    num_tokens = q.shape[1] // ratio
    num_blocks = min(math.ceil(len(q) * q.shape[1] * sum(sizes) / SCORES_AT_ONCE), num_tokens)
    block = math.ceil(num_tokens / num_blocks) * ratio
    out = torch.empty_like(q)
    for start in range(0, q.shape[1], block):
        some = q[:, start : start + block]
        scores = [some @ keys.transpose(1, 2) for keys, _ in parts]
        joined = scores[0] if len(parts) == 1 else torch.cat(scores, dim=-1)  # (G, block, S)
        if mask is not None:
            seen = mask[start // ratio : (start + block) // ratio].repeat_interleave(ratio, dim=0)
            joined = joined.masked_fill(~seen, float("-inf"))
        weights = joined.softmax(-1).split(sizes, dim=-1)
        answer = weights[0] @ parts[0][1]
        for piece, (_, values) in zip(weights[1:], parts[1:], strict=True):
            answer += piece @ values
        out[:, start : start + block] = answer
    return out
