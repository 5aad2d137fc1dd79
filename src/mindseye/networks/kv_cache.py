"""Keys and values of what has been said so far.

A cache is a row of chunks. A chunk is filled from the left and never rewritten, so a fork only notes which
chunks it sees and how far: nothing is copied. Whoever appends first behind the end of a shared chunk goes on
in it; any other starts a chunk of its own.
"""
# L layers, G key/value heads, C capacity, E head_dim, T new tokens

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

SMALLEST_CHUNK = 64


@dataclass(frozen=True)
class CacheShape:
    """What every chunk of a model's caches has in common."""

    num_layers: int
    num_key_value_heads: int
    head_dim: int
    device: torch.device
    dtype: torch.dtype


class Chunk:
    """Storage for `capacity` tokens, of which the first `used` are taken."""

    def __init__(self, shape: CacheShape, capacity: int) -> None:
        size = (shape.num_layers, shape.num_key_value_heads, capacity, shape.head_dim)
        self.keys = torch.empty(size, device=shape.device, dtype=shape.dtype)  # (L, G, C, E)
        self.values = torch.empty(size, device=shape.device, dtype=shape.dtype)
        self.capacity = capacity
        self.used = 0


class KVCache:
    """Append-only keys and values of one sequence."""

    def __init__(self, shape: CacheShape) -> None:
        self.shape = shape
        self._seen: list[tuple[Chunk, int]] = []
        self._pending = 0
        self.length = 0

    def prefix(self, length: int) -> KVCache:
        """A cache that sees the first `length` tokens and goes on by itself; storage is shared."""
        assert not self._pending and length <= self.length
        twin = KVCache(self.shape)
        for chunk, seen in self._seen:
            if twin.length == length:
                break
            visible = min(seen, length - twin.length)
            twin._seen.append((chunk, visible))
            twin.length += visible
        return twin

    def fork(self) -> KVCache:
        """A cache that sees the same tokens and goes on by itself; storage is shared."""
        return self.prefix(self.length)

    def reserve(self, num_tokens: int, room: int = 0) -> None:
        """Make place for `num_tokens` more tokens, in storage that can hold at least `room` of them."""
        assert not self._pending
        if not self._seen or not self._can_extend(*self._seen[-1], num_tokens):
            capacity = max(num_tokens, room, SMALLEST_CHUNK, self.length)
            self._seen.append((Chunk(self.shape, capacity), 0))
        chunk, seen = self._seen[-1]
        self._pending = num_tokens
        chunk.used = seen + num_tokens

    @staticmethod
    def _can_extend(chunk: Chunk, seen: int, num_tokens: int) -> bool:
        return chunk.used == seen and seen + num_tokens <= chunk.capacity

    def write(self, layer: int, keys: Tensor, values: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Store one layer's new keys and values (T, G, E); returns all parts so far, each (G, n, E)."""
        chunk, seen = self._seen[-1]
        end = seen + self._pending
        chunk.keys[layer, :, seen:end] = keys.transpose(0, 1)
        chunk.values[layer, :, seen:end] = values.transpose(0, 1)
        parts = [(c.keys[layer, :, :n], c.values[layer, :, :n]) for c, n in self._seen[:-1]]
        parts.append((chunk.keys[layer, :, :end], chunk.values[layer, :, :end]))
        return parts

    def commit(self) -> None:
        """Keep what was written since `reserve`."""
        chunk, seen = self._seen[-1]
        self._seen[-1] = (chunk, seen + self._pending)
        self.length += self._pending
        self._pending = 0

    def abandon(self) -> None:
        """Forget what was reserved but not committed."""
        if self._pending:
            chunk, seen = self._seen[-1]
            chunk.used = seen
            self._pending = 0

    def bytes_owned(self, but_not: KVCache | None = None) -> int:
        """Bytes of storage that this cache sees, without the chunks that `but_not` sees too."""
        others = {id(chunk) for chunk, _ in but_not._seen} if but_not else set()
        chunks = {id(chunk): chunk for chunk, _ in self._seen if id(chunk) not in others}
        return sum(2 * c.keys.numel() * c.keys.element_size() for c in chunks.values())


class Canvas:
    """A context's keys and values laid out in one piece, with places at the end for an image being drawn.

    The places are overwritten at every denoising step; the context before them is copied once a drawing.
    """

    def __init__(self, cache: KVCache, num_tokens: int) -> None:
        self.shape = cache.shape
        self.length = cache.length
        chunk = Chunk(cache.shape, cache.length + num_tokens)
        start = 0
        for source, seen in cache._seen:
            chunk.keys[:, :, start : start + seen] = source.keys[:, :, :seen]
            chunk.values[:, :, start : start + seen] = source.values[:, :, :seen]
            start += seen
        self._chunk = chunk

    def write(self, layer: int, keys: Tensor, values: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Overwrite the image's places with (T, G, E); returns the whole as one part (G, n + T, E)."""
        chunk = self._chunk
        chunk.keys[layer, :, self.length :] = keys.transpose(0, 1)
        chunk.values[layer, :, self.length :] = values.transpose(0, 1)
        return [(chunk.keys[layer], chunk.values[layer])]
