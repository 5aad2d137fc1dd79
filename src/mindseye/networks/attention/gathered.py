"""Attention over blocks where a device has no paged kernels: what rows see is gathered, padded to the longest.

A place of padding repeats the row's first token, so that whatever it is multiplied with is a number, and is masked.
Scores are softmaxed in float32, as `scaled_dot_product_attention` does it for every number format.
"""
# B rows, T new tokens of the longest, S tokens seen by the longest, P tokens of a block, H query heads,
# G key/value heads, R = H // G, E head_dim

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from .blocks import NewTokens

MOST_CELLS = 1 << 24  # B * T * S of one call
MOST_WASTE = 2.0  # cells of a call for each that somebody needs


class Gathered:
    """Rows of one kind: all of them write, all read a text, or all read or draw images."""

    def __init__(self, rows: Sequence[NewTokens]) -> None:
        self.num_new = max(row.num_new for row in rows)
        self.num_seen = max(row.num_seen for row in rows)
        self.block_size = rows[0].cache.pool.block_size
        self.is_square = rows[0].is_causal and self.num_new > 1 and all(row.is_alone for row in rows)
        self.is_causal = rows[0].is_causal and self.num_new > 1
        self.is_padded = any(row.num_seen < self.num_seen for row in rows)
        self.places = [place for row in rows for place in (row.places + [-1] * (self.num_new - row.num_new))]
        queries = [place for row in rows for place in (row.places + row.places[:1] * (self.num_new - row.num_new))]
        num_blocks = -(-self.num_seen // self.block_size)
        tables = [[block.number for block in row.cache.blocks[:num_blocks]] for row in rows]
        table = [number for row in tables for number in row + row[:1] * (num_blocks - len(row))]
        self.lists = [queries, table, [row.num_seen for row in rows], [row.cache.length for row in rows]]
        self._mask: Tensor | None = None

    def receive(self, sent: Sequence[Tensor]) -> None:
        """Queries' places, blocks' numbers, lengths with and without the new tokens; all on the device."""
        queries, table, seen, before = sent
        size, device = self.block_size, table.device
        self._queries = queries
        places = torch.arange(self.num_seen, device=device)
        slots = table.view(len(seen), -1, 1) * size + torch.arange(size, device=device)  # (B, blocks, P)
        slots = slots.flatten(1)[:, : self.num_seen]
        if self.is_padded:
            slots = torch.where(places < seen[:, None], slots, slots[:, :1])
        self._slots = slots.flatten()  # (B * S,)
        self._places, self._seen, self._before = places, seen, before

    def __call__(self, q: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """q (N, H, E) of all rows, blocks (num_blocks, P, G, E) -> (B * T, H, E)."""
        num_heads, head_dim = q.shape[1:]
        groups = keys.shape[2]
        rows = len(self._seen)
        q = q.index_select(0, self._queries).view(rows, self.num_new, groups, -1, head_dim)  # (B, T, G, R, E)
        k, v = (
            x.flatten(0, 1).index_select(0, self._slots).view(rows, self.num_seen, groups, head_dim).transpose(1, 2)
            for x in (keys, values)
        )  # (B, G, S, E)
        if self.is_square:
            return self._square(q.flatten(2, 3), k, v).reshape(-1, num_heads, head_dim)
        q = q.transpose(1, 2).flatten(2, 3)  # (B, G, T * R, E)
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=self._mask_of(num_heads // groups))
        out = out.view(rows, groups, self.num_new, -1, head_dim).transpose(1, 2)  # (B, T, G, R, E)
        return out.reshape(-1, num_heads, head_dim)

    @staticmethod
    def _square(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q (B, T, H, E): texts from their first word on. Padding lies behind everybody and needs no mask."""
        q = q.transpose(1, 2)
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=q.shape[1] != k.shape[1]).transpose(
            1, 2
        )

    def _mask_of(self, ratio: int) -> Tensor | None:
        """Made once a pass: (B, 1, 1, S), or (B, 1, T * R, S) where a text goes on; None where all see everything."""
        if self._mask is None and (self.is_causal or self.is_padded):
            last = self._seen[:, None]  # (B, 1): how many are seen
            if self.is_causal:
                last = self._before[:, None] + torch.arange(1, self.num_new + 1, device=last.device)  # (B, T)
                last = last.repeat_interleave(ratio, 1)  # (B, T * R)
            self._mask = (self._places < last[..., None])[:, None]
        return self._mask


def of_similar_shape(rows: Sequence[NewTokens]) -> list[list[NewTokens]]:
    """Rows sorted into calls in which padding takes no more than the rest, and that are not too large."""
    calls: list[list[NewTokens]] = []
    needed = 0
    for row in sorted(rows, key=lambda row: (row.num_new, row.num_seen)):
        cells = row.num_new * row.num_seen
        together = [*calls[-1], row] if calls else [row]
        padded = len(together) * max(r.num_new for r in together) * max(r.num_seen for r in together)
        if calls and padded <= MOST_CELLS and padded <= MOST_WASTE * (needed + cells):
            calls[-1].append(row)
            needed += cells
        else:
            calls.append([row])
            needed = cells
    return calls
