"""Keys and values in chunks, for a CPU.

A cache is a row of chunks. A chunk is filled from the left and never rewritten, so a fork only notes which
chunks it sees and how far: nothing is copied. Whoever appends first behind the end of a shared chunk goes on
in it; any other starts a chunk of its own, and takes along what it sees where that is short: attention to one piece
is much cheaper than to two. Who writes in company may have its chunk on a bench (`kv_bench`).
"""
# L layers, G key/value heads, C capacity, E head_dim, T new tokens

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .kv_cache import CacheShape, DrawingCache, KVCache

KeysValues = tuple[Tensor, Tensor]
SPARE_CAPACITY = 256  # tokens; an answer to what was just read mostly fits behind it
SHORT = 256  # tokens; to copy so many costs as much as a few passes over two pieces


class Chunk:
    """Storage for `capacity` tokens, of which the first `used` are taken."""

    is_lent = False
    """Whether it is a part of memory that others use too: then one cache alone may see it."""

    def __init__(self, shape: CacheShape, capacity: int) -> None:
        size = (shape.num_layers, shape.num_key_value_heads, capacity, shape.head_dim)
        self.keys = torch.empty(size, device=shape.device, dtype=shape.dtype)  # (L, G, C, E)
        self.values = torch.empty(size, device=shape.device, dtype=shape.dtype)
        self.capacity = capacity
        self.used = 0
        self.num_bytes = 2 * self.keys.numel() * self.keys.element_size()
        self._ledger = shape.ledger
        self._ledger.add(self.num_bytes)

    def __del__(self) -> None:
        if hasattr(self, "_ledger"):
            self._ledger.add(-self.num_bytes)

    def by_layer(self, start: int, end: int) -> list[KeysValues]:
        """Each layer's keys and values of some tokens, (G, end - start, E), as views."""
        return list(zip(*(x[:, :, start:end].unbind() for x in (self.keys, self.values)), strict=True))

    def places(self, start: int, end: int) -> list[KeysValues]:
        """The same as places to write to, (end - start, G, E)."""
        return list(zip(*(x[:, :, start:end].transpose(1, 2).unbind() for x in (self.keys, self.values)), strict=True))


class ChunkCache(KVCache):
    """Append-only keys and values of one sequence as a row of chunks."""

    def __init__(self, shape: CacheShape) -> None:
        self.shape = shape
        self.company: object | None = None
        self._seen: list[tuple[Chunk, int]] = []
        self._pending = 0
        self._places: list[KeysValues] = []
        self._parts: list[tuple[KeysValues, ...]] = []
        self.length = 0

    def prefix(self, length: int) -> ChunkCache:
        """A cache that sees the first `length` tokens and goes on by itself; storage is shared."""
        assert not self._pending and length <= self.length
        self.leave()
        twin = ChunkCache(self.shape)
        for chunk, seen in self._seen:
            if twin.length == length:
                break
            visible = min(seen, length - twin.length)
            twin._seen.append((chunk, visible))
            twin.length += visible
        return twin

    def canvas(self, num_tokens: int) -> ChunkCanvas:
        """This context with places for the `num_tokens` tokens of a drawing."""
        return ChunkCanvas(self, num_tokens)

    def reserve(self, num_tokens: int, capacity: int = 0) -> None:
        """Make place for `num_tokens` more tokens, in storage that can hold at least `capacity` of them."""
        assert not self._pending
        if not self._seen or not self._can_extend(*self._seen[-1], num_tokens):
            capacity = max(num_tokens + SPARE_CAPACITY, capacity, self.length)
            if 0 < self.length <= SHORT:
                self.move(Chunk(self.shape, self.length + capacity))
            else:
                self._seen.append((Chunk(self.shape, capacity), 0))
        chunk, seen = self._seen[-1]
        self._pending = num_tokens
        chunk.used = seen + num_tokens

    @staticmethod
    def _can_extend(chunk: Chunk, seen: int, num_tokens: int) -> bool:
        return chunk.used == seen and seen + num_tokens <= chunk.capacity

    def write(self, layer: int, keys: Sequence[Tensor], values: Sequence[Tensor]) -> Sequence[KeysValues]:
        """Store one layer's new keys and values, given in pieces (t, G, E); returns all parts so far (G, n, E)."""
        if not self._parts:
            self._open()
        _fill(self._places[layer], keys, values)
        return self._parts[layer]

    def append(self, layer: int, keys: Tensor, values: Tensor) -> Sequence[KeysValues]:
        """`write` for one piece, in as few operations as it takes: every written word passes here in every layer."""
        if not self._parts:
            self._open()
        place = self._places[layer]
        place[0].copy_(keys)
        place[1].copy_(values)
        return self._parts[layer]

    def _open(self) -> None:
        """Where each layer's new tokens go and what it then sees: asked for once a pass, unless a bench answers."""
        chunk, seen = self._seen[-1]
        self._places = chunk.places(seen, chunk.used)
        visible = [*self._seen[:-1], (chunk, chunk.used)]
        self._parts = list(zip(*(c.by_layer(0, n) for c, n in visible), strict=True))

    def commit(self) -> None:
        """Keep what was written since `reserve`."""
        chunk, seen = self._seen[-1]
        self._seen[-1] = (chunk, seen + self._pending)
        self.length += self._pending
        self._close()

    def abandon(self) -> None:
        """Forget what was reserved but not committed."""
        if self._pending:
            chunk, seen = self._seen[-1]
            chunk.used = seen
            self._close()

    def _close(self) -> None:
        self._pending, self._places, self._parts = 0, [], []

    def is_in(self, chunk: Chunk) -> bool:
        """Whether everything it sees is in `chunk`, and so will be what is reserved."""
        return len(self._seen) == 1 and self._seen[0][0] is chunk

    def move(self, chunk: Chunk) -> None:
        """Copy everything to an empty chunk and see only that; what is reserved goes along."""
        self._copy(chunk)
        if self._pending:
            last, seen = self._seen[-1]
            last.used = seen
        self._seen = [(chunk, self.length)]
        chunk.used = self.length + self._pending
        self._places, self._parts = [], []

    def leave(self) -> None:
        """Have chunks of its own."""
        self.company = None
        if any(chunk.is_lent for chunk, _ in self._seen):
            self.move(Chunk(self.shape, self.length + self._pending + SPARE_CAPACITY))

    def _copy(self, chunk: Chunk) -> None:
        """Everything committed, to the beginning of `chunk`."""
        start = 0
        for source, seen in self._seen:
            chunk.keys[:, :, start : start + seen] = source.keys[:, :, :seen]
            chunk.values[:, :, start : start + seen] = source.values[:, :, :seen]
            start += seen

    @property
    def storage(self) -> list[Chunk]:
        """The chunks that this cache sees, each once."""
        return list({id(chunk): chunk for chunk, _ in self._seen}.values())


class ChunkCanvas(DrawingCache):
    """A context's keys and values laid out in one piece, with places at the end for an image being drawn.

    The places are overwritten at every denoising step; the context before them is copied once a drawing.
    """

    def __init__(self, cache: ChunkCache, num_tokens: int) -> None:
        self.shape = cache.shape
        self.length = cache.length
        chunk = Chunk(cache.shape, cache.length + num_tokens)
        cache._copy(chunk)
        self._places = chunk.places(cache.length, chunk.capacity)
        self._whole = chunk.by_layer(0, chunk.capacity)
        self._num_tokens = num_tokens

    def reserve(self, num_tokens: int, capacity: int = 0) -> None:
        """The places are there from the start."""
        assert num_tokens == self._num_tokens

    def commit(self) -> None:
        """Nothing is kept: the next step overwrites it."""

    def abandon(self) -> None:
        """Nothing was kept."""

    def write(self, layer: int, keys: Sequence[Tensor], values: Sequence[Tensor]) -> Sequence[KeysValues]:
        """Overwrite the image's places with pieces (t, G, E); returns the whole as one part (G, n + T, E)."""
        _fill(self._places[layer], keys, values)
        return self._whole[layer : layer + 1]


def _fill(places: KeysValues, keys: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    """Write pieces (t, G, E) of keys and of values one after the other into their places (T, G, E)."""
    for place, pieces in zip(places, (keys, values), strict=True):
        start = 0
        for piece in pieces:
            place[start : start + len(piece)].copy_(piece)
            start += len(piece)
