"""Keys and values of those who write together, side by side: one attention call a layer answers all of them.

A row on its own costs a handful of calls a layer, whatever its length. So caches that have written a token each for
some passes are copied to a bench, each to a place that ends where the others end, and go on there. Who writes in
other company goes on in its place alone, and leaves it when it does anything else.
"""
# L layers, B caches, G key/value heads, C capacity, E head_dim, S columns seen, H query heads,
# R = H // G

from __future__ import annotations

import weakref
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .kv_cache import CacheShape
from .kv_chunks import SPARE_CAPACITY, Chunk, ChunkCache

SETTLED = 4  # passes together, after which more are expected
MOST_BYTES = 128 << 20  # of a bench; with more to read, calls no longer count
MOST_PADDING = 2  # times the tokens there are
ROUNDED = 256  # columns: benches of few sizes leave fewer holes in the heap


class Place(Chunk):
    """A cache's chunk on a bench: from column `start` on, in row `row`."""

    is_lent = True

    def __init__(self, bench: Bench, row: int, start: int) -> None:
        self.bench = bench
        self.start = start
        self.keys, self.values = (x[:, row, :, start:] for x in (bench.keys, bench.values))  # (L, G, C - start, E)
        self.capacity = self.keys.shape[2]
        self.used = 0
        self.num_bytes = bench.num_bytes // bench.keys.shape[1]


class Bench:
    """Places for some caches whose next tokens all go to the same column."""

    def __init__(self, caches: Sequence[ChunkCache], capacity: int) -> None:
        shape = caches[0].shape
        size = (shape.num_layers, len(caches), shape.num_key_value_heads, capacity, shape.head_dim)
        self.keys = torch.empty(size, device=shape.device, dtype=shape.dtype)  # (L, B, G, C, E)
        self.values = torch.empty(size, device=shape.device, dtype=shape.dtype)
        self.num_bytes = 2 * self.keys.numel() * self.keys.element_size()
        self._ledger = shape.ledger
        self._ledger.add(self.num_bytes)

    def __del__(self) -> None:
        if hasattr(self, "_ledger"):
            self._ledger.add(-self.num_bytes)


class Together:
    """Answers the queries of one pass in which each cache on a bench gets a token; the column is `end`."""

    def __init__(self, bench: Bench, end: int, mask: Tensor | None) -> None:
        seen = [x[:, :, :, : end + 1].unbind() for x in (bench.keys, bench.values)]
        new = [x[:, :, :, end].unbind() for x in (bench.keys, bench.values)]
        self._layers = list(zip(*seen, *new, strict=True))
        self._mask = None if mask is None else mask[..., : end + 1]

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q (B, H, E), k and v (B, G, E) -> (B, H * E)."""
        keys, values, new_key, new_value = self._layers[layer]
        new_key.copy_(k)
        new_value.copy_(v)
        grouped = q.view(len(q), k.shape[1], -1, q.shape[2])  # (B, G, R, E)
        return F.scaled_dot_product_attention(grouped, keys, values, self._mask).reshape(len(q), -1)


class Company:
    """Some caches that get a token each in every pass, and their bench once they have settled."""

    def __init__(self, caches: Sequence[ChunkCache]) -> None:
        self._members = [weakref.ref(cache) for cache in caches]
        self._num_passes = 0
        self._places: list[Place] = []
        self._mask: Tensor | None = None
        for cache in caches:
            cache.company = self

    @staticmethod
    def of(caches: Sequence[ChunkCache]) -> Company:
        """The company that these are, or from now on are."""
        company = caches[0].company
        is_known = isinstance(company, Company) and company._is_of(caches)
        return company if is_known else Company(caches)  # type: ignore[return-value]

    def _is_of(self, caches: Sequence[ChunkCache]) -> bool:
        return len(caches) == len(self._members) and all(
            ref() is cache and cache.company is self for ref, cache in zip(self._members, caches, strict=True)
        )

    def together(self, caches: Sequence[ChunkCache]) -> Together | None:
        """Who answers all of them at once, where that is possible and worth it. A token each is reserved."""
        self._num_passes += 1
        end = self._end(caches)
        if end is None and self._num_passes > SETTLED and _is_worth_it(caches):
            end = self._sit_down(caches)
        return None if end is None else Together(self._places[0].bench, end, self._mask)

    def _end(self, caches: Sequence[ChunkCache]) -> int | None:
        """The column of the next tokens, if all sit in their places and it is the same for all."""
        if not self._places:
            return None
        each = list(zip(caches, self._places, strict=True))
        ends = {place.start + cache.length for cache, place in each}
        return ends.pop() if len(ends) == 1 and all(cache.is_in(place) for cache, place in each) else None

    def _sit_down(self, caches: Sequence[ChunkCache]) -> int:
        """Copy all of them to a bench of their own; returns the column of the next tokens."""
        end = max(cache.length for cache in caches)
        bench = Bench(caches, -(-(end + SPARE_CAPACITY) // ROUNDED) * ROUNDED)
        starts = [end - cache.length for cache in caches]
        self._places = [Place(bench, row, start) for row, start in enumerate(starts)]
        for cache, place in zip(caches, self._places, strict=True):
            cache.move(place)
        self._mask = _hide_before(starts, bench, caches[0].shape) if any(starts) else None
        return end


def _hide_before(starts: Sequence[int], bench: Bench, shape: CacheShape) -> Tensor:
    """(B, 1, 1, C) minus infinity before each row's start, whose columns become numbers; else 0."""
    mask = torch.zeros(len(starts), 1, 1, bench.keys.shape[3], device=shape.device, dtype=shape.dtype)
    for row, start in enumerate(starts):
        mask[row, ..., :start] = float("-inf")
        bench.keys[:, row, :, :start] = 0
        bench.values[:, row, :, :start] = 0
    return mask


def _is_worth_it(caches: Sequence[ChunkCache]) -> bool:
    lengths = [cache.length for cache in caches]
    num_columns = len(caches) * max(lengths)
    num_bytes = (num_columns + len(caches) * SPARE_CAPACITY) * caches[0].shape.bytes_per_token
    return num_columns <= MOST_PADDING * sum(lengths) and num_bytes <= MOST_BYTES
