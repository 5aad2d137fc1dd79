"""Which kind of cache fits a device: the one place where that is decided."""

from __future__ import annotations

from ..errors import InputError, MindseyeError, nearest
from .kv_blocks import BlockPool
from .kv_cache import CacheShape, KVCache, Ledger
from .kv_chunks import ChunkCache

KINDS = ("auto", "chunks", "blocks")


def check_kind(kind: str) -> None:
    """Raise InputError where there is no such kind of cache."""
    if kind not in KINDS:
        raise InputError(f'kv_cache is "{kind}"{nearest(kind, KINDS)}; expected {", ".join(KINDS)}')


class Caches:
    """Makes the caches of one network, all of one kind: "auto" is chunks on a CPU and blocks elsewhere."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.kind = "auto"
        self._pool: BlockPool | None = None

    def use(self, kind: str) -> None:
        """Caches of this kind from now on; raises MindseyeError while there are tokens in caches of another."""
        check_kind(kind)
        if kind != self.kind and self.ledger.num_bytes:
            raise MindseyeError(
                f'the keys and values of this network are kept as "{self.kind}" and {self.ledger.num_bytes} bytes of '
                f'them are in use, so they cannot be kept as "{kind}" now: load the model a second time'
            )
        self.kind = kind

    def new(self, shape: CacheShape) -> KVCache:
        """An empty context."""
        if not self.are_blocks(shape):
            return ChunkCache(shape)
        if self._pool is None or self._pool.shape != shape:
            self._pool = BlockPool(shape)
        return self._pool.new_cache()

    def are_blocks(self, shape: CacheShape) -> bool:
        """Whether caches of this shape are kept in blocks."""
        return self.kind == "blocks" or (self.kind == "auto" and shape.device.type != "cpu")
