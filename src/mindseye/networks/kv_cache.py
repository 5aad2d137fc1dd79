"""Keys and values of what has been said so far: what whoever runs a network may ask of a cache, whatever its storage.

`kv_chunks` keeps them for a CPU, `kv_blocks` for a device that pays for every launch; `caches` says which it is.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch


class Ledger:
    """Bytes of keys and values that are held at this moment; storage comes and goes in any thread."""

    def __init__(self) -> None:
        self.num_bytes = 0
        self._lock = threading.RLock()

    def __reduce__(self) -> Any:
        """A copy of a network counts its own caches, of which there are none yet."""
        return Ledger, ()

    def add(self, num_bytes: int) -> None:
        with self._lock:
            self.num_bytes += num_bytes


@dataclass(frozen=True)
class CacheShape:
    """What all of a model's caches have in common, and the ledger that counts their bytes."""

    num_layers: int
    num_key_value_heads: int
    head_dim: int
    device: torch.device
    dtype: torch.dtype
    ledger: Ledger = field(default_factory=Ledger, compare=False)

    @property
    def bytes_per_token(self) -> int:
        """Bytes of one token's keys and values over all layers."""
        return 2 * self.num_layers * self.num_key_value_heads * self.head_dim * self.dtype.itemsize


class Storage(Protocol):
    """A piece of memory that several caches may see."""

    num_bytes: int


class Growing(ABC):
    """What a forward pass asks of whatever a sequence's tokens are written to: `reserve`, then one of the others."""

    shape: CacheShape
    length: int
    """Tokens before those that are being written."""

    @abstractmethod
    def reserve(self, num_tokens: int, capacity: int = 0) -> None:
        """Make place for `num_tokens` more tokens; `capacity` is how many will have come in a while."""

    @abstractmethod
    def commit(self) -> None:
        """Keep what was written since `reserve`."""

    @abstractmethod
    def abandon(self) -> None:
        """Forget what was reserved and not committed; without effect where nothing was."""


class DrawingCache(Growing):
    """A context's keys and values with places behind them for an image being drawn, overwritten at every step."""


class KVCache(Growing):
    """Append-only keys and values of one sequence."""

    @abstractmethod
    def prefix(self, length: int) -> KVCache:
        """A cache that sees the first `length` tokens and goes on by itself; storage is shared."""

    @abstractmethod
    def canvas(self, num_tokens: int) -> DrawingCache:
        """This context with places for the `num_tokens` tokens of a drawing."""

    @property
    @abstractmethod
    def storage(self) -> Sequence[Storage]:
        """The pieces of memory that this cache sees, each once."""

    def fork(self) -> KVCache:
        """A cache that sees the same tokens and goes on by itself; storage is shared."""
        return self.prefix(self.length)

    def bytes_owned(self, but_not: KVCache | None = None) -> int:
        """Bytes of the storage that this cache sees, without what `but_not` sees too."""
        others = {id(piece) for piece in but_not.storage} if but_not else set()
        return sum(piece.num_bytes for piece in self.storage if id(piece) not in others)
