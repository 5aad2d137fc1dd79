"""Attention over blocks by CUDA's paged kernels, through `torch.nn.attention.varlen`. Written from its documentation.

It has never run: there was no such device. A test puts a plain function with the same meaning in its place.
"""
# B rows, T new tokens of one, N new tokens of all, P tokens of a block, H query heads, G key/value heads, E head_dim

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..kv_cache import CacheShape

if TYPE_CHECKING:
    from .blocks import NewTokens

LARGEST_HEAD = 256
FIRST_CAPABILITY = (8, 0)
CAUSAL, FULL = (-1, 0), (-1, -1)  # windows: how far a token sees to its left and right


def has_paged_kernels(shape: CacheShape) -> bool:
    """Whether this device attends over blocks by itself: CUDA from Ampere on with 16-bit numbers and a new torch."""
    if shape.device.type != "cuda" or shape.dtype not in (torch.float16, torch.bfloat16):
        return False
    if shape.head_dim > LARGEST_HEAD or shape.head_dim % 8 or paged_attention() is None:
        return False
    return torch.version.hip is None and torch.cuda.get_device_capability(shape.device) >= FIRST_CAPABILITY


@lru_cache
def paged_attention() -> Callable[..., Any] | None:
    """torch's `varlen_attn`, if it knows blocks (2.13 does)."""
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    return varlen_attn if "block_table" in inspect.signature(varlen_attn).parameters else None


class Paged:
    """Rows of one kind in one call of the kernel."""

    def __init__(self, rows: Sequence[NewTokens]) -> None:
        self.num_new = max(row.num_new for row in rows)
        self.num_seen = max(row.num_seen for row in rows)
        self.window = CAUSAL if rows[0].is_causal else FULL
        self.places = [place for row in rows for place in row.places]
        self.num_rows = len(rows)
        num_blocks = max(len(row.cache.blocks) for row in rows)
        table = [[block.number for block in row.cache.blocks] for row in rows]
        seen = [row.num_seen for row in rows]
        self.lists = [
            self.places,
            list(accumulate((row.num_new for row in rows), initial=0)),
            list(accumulate(seen, initial=0)),
            seen,
            [number for row in table for number in row + row[:1] * (num_blocks - len(row))],
        ]

    def receive(self, sent: Sequence[Tensor]) -> None:
        """Places of the queries, ends of queries and of keys, lengths, blocks; the kernel wants 32-bit numbers."""
        self._places = sent[0]
        self._ends, self._ends_seen, self._seen, table = (x.int() for x in sent[1:])
        self._table = table.view(self.num_rows, -1)

    def __call__(self, q: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """q (N, H, E) of all rows, blocks (num_blocks, P, G, E) -> (new tokens of these rows, H, E)."""
        attend = paged_attention()
        assert attend is not None
        return attend(
            q.index_select(0, self._places),
            keys,
            values,
            self._ends,
            self._ends_seen,
            self.num_new,
            self.num_seen,
            window_size=self.window,
            enable_gqa=True,
            seqused_k=self._seen,
            block_table=self._table,
        )
