"""Keys and values in blocks, for a device that pays for every launch.

All sequences share one pool of blocks of equal size, so that one operation a layer writes what all of them add and
one attention call reads what all of them hold. Caches hold Python objects of their blocks, whose reference counts
are the blocks' own: a fork shares them, and a block that nobody holds any more is free. Tokens are never rewritten.
Whoever appends first behind the end of a shared block goes on in it; any other copies that one block, in the pass
that writes into it.
"""
# L layers, G key/value heads, P tokens of a block, E head_dim

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .kv_cache import CacheShape, DrawingCache, KVCache

BLOCK_SIZE = 256  # tokens; what the paged kernels for CUDA ask for
FIRST_BLOCKS = 16


class BlockPool:
    """The blocks of one network. Blocks are taken by the one thread that runs passes, and let go of in any."""

    def __init__(self, shape: CacheShape, block_size: int = BLOCK_SIZE) -> None:
        self.shape = shape
        self.block_size = block_size
        self.num_blocks = 0
        self.keys: list[Tensor] = []  # a layer: (num_blocks, P, G, E)
        self.values: list[Tensor] = []
        self.free: list[int] = []

    def new_cache(self) -> BlockCache:
        """An empty sequence."""
        return BlockCache(self)

    def take(self) -> Block:
        """A block that nobody else holds; the pool grows where there is none."""
        if not self.free:
            self._grow(max(FIRST_BLOCKS, self.num_blocks + self.num_blocks // 2))
        return Block(self, self.free.pop())

    @torch.inference_mode(False)
    def _grow(self, num_blocks: int) -> None:
        """One tensor at a time, so that no more than one exists twice. What fails half way is taken up again."""
        shape, size = self.shape, self.block_size
        for tensors in (self.keys, self.values):
            for layer in range(shape.num_layers):
                before = tensors[layer : layer + 1]
                num_new = num_blocks - (before[0].shape[0] if before else 0)
                if num_new <= 0:
                    continue
                # Zeros, since what nobody has written must be no number that spoils what it is multiplied with.
                new = torch.zeros(
                    (num_new, size, shape.num_key_value_heads, shape.head_dim), device=shape.device, dtype=shape.dtype
                )
                tensors[layer : layer + 1] = [torch.cat([*before, new])]
        self.free += range(num_blocks - 1, self.num_blocks - 1, -1)
        self.num_blocks = num_blocks

    def write(self, layer: int, slots: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store one layer's keys and values (N, G, E) at `slots` (N,); returns all that it holds (num_blocks, P, G, E).

        A slot is block * P + place in the block.
        """
        kept = self.keys[layer], self.values[layer]
        for place, new in zip(kept, (keys, values), strict=True):
            place.flatten(0, 1).index_copy_(0, slots, new)
        return kept

    def copy(self, sources: Tensor, targets: Tensor) -> None:
        """Copy whole blocks, by their numbers, in every layer."""
        for whole in (*self.keys, *self.values):
            whole.index_copy_(0, targets, whole.index_select(0, sources))


class Block:
    """Places for P tokens in every layer, of which the first `used` are taken."""

    __slots__ = ("__weakref__", "num_bytes", "number", "pool", "used")

    def __init__(self, pool: BlockPool, number: int) -> None:
        self.pool = pool
        self.number = number
        self.used = 0
        self.num_bytes = pool.block_size * pool.shape.bytes_per_token
        pool.shape.ledger.add(self.num_bytes)

    def __del__(self) -> None:
        self.pool.shape.ledger.add(-self.num_bytes)
        self.pool.free.append(self.number)


Copy = tuple[Block, Block]


class InBlocks:
    """Blocks of a sequence: `length` tokens and, between `reserve` and its end, places for more.

    `copy` are a block and the one that takes its place, to be copied before anything is written.
    """

    def __init__(self, pool: BlockPool, blocks: Sequence[Block] = (), length: int = 0) -> None:
        self.pool = pool
        self.shape = pool.shape
        self.length = length
        self.blocks = list(blocks)
        self.copy: Copy | None = None
        self._goes_on_in: Block | None = None

    def slots(self, num_tokens: int) -> list[int]:
        """Where the next tokens are written."""
        found: list[int] = []
        size = self.pool.block_size
        place, end = self.length, self.length + num_tokens
        while place < end:
            stop = min(end, (place // size + 1) * size)
            first = self.blocks[place // size].number * size + place % size
            found += range(first, first + stop - place)
            place = stop
        return found

    def _extend(self, num_tokens: int, may_share: bool) -> None:
        """Places for more tokens: in the last block where it `may_share` that, then in new ones."""
        size = self.pool.block_size
        inside, end = self.length % size, self.length + num_tokens
        if inside and may_share and self.blocks[-1].used == inside:
            self._goes_on_in = self.blocks[-1]
        elif inside:
            source, self.blocks[-1] = self.blocks[-1], self.pool.take()
            self.copy = source, self.blocks[-1]
        while len(self.blocks) * size < end:
            self.blocks.append(self.pool.take())
        for number in range(self.length // size, len(self.blocks)):
            self.blocks[number].used = min(size, end - number * size)


class BlockCache(InBlocks, KVCache):
    """Append-only keys and values of one sequence in blocks of a pool."""

    def __init__(self, pool: BlockPool, blocks: Sequence[Block] = (), length: int = 0) -> None:
        super().__init__(pool, blocks, length)
        self._pending = 0
        self._before = self.blocks

    def prefix(self, length: int) -> BlockCache:
        """A cache that sees the first `length` tokens and goes on by itself; storage is shared."""
        assert not self._pending and length <= self.length
        return BlockCache(self.pool, self.blocks[: -(-length // self.pool.block_size)], length)

    def canvas(self, num_tokens: int) -> BlockCanvas:
        """This context with places for the `num_tokens` tokens of a drawing; only the last block is copied."""
        return BlockCanvas(self, num_tokens)

    def reserve(self, num_tokens: int, capacity: int = 0) -> None:
        """Make place for `num_tokens` more tokens. Blocks come one by one, so no `capacity` is set aside."""
        assert not self._pending
        if num_tokens:
            self._before, self._pending = list(self.blocks), num_tokens
            self._extend(num_tokens, may_share=True)

    def commit(self) -> None:
        """Keep what was written since `reserve`."""
        self.length += self._pending
        self._close()

    def abandon(self) -> None:
        """Forget what was reserved but not committed."""
        if self._pending:
            self.blocks = self._before
            if self._goes_on_in:
                self._goes_on_in.used = self.length % self.pool.block_size
            self._close()

    def _close(self) -> None:
        self._pending, self._before = 0, self.blocks
        self.copy = self._goes_on_in = None

    @property
    def storage(self) -> list[Block]:
        """The blocks that this cache sees."""
        return self.blocks


class BlockCanvas(InBlocks, DrawingCache):
    """A context's blocks, with blocks of its own behind them for an image being drawn."""

    def __init__(self, cache: BlockCache, num_tokens: int) -> None:
        super().__init__(cache.pool, cache.blocks, cache.length)
        self._num_tokens = num_tokens
        self._extend(num_tokens, may_share=False)

    def reserve(self, num_tokens: int, capacity: int = 0) -> None:
        """The places are there from the start."""
        assert num_tokens == self._num_tokens

    def commit(self) -> None:
        """The context's last block has been copied; the drawing's tokens are overwritten by the next step."""
        self.copy = None

    def abandon(self) -> None:
        """What was written is overwritten by the next step."""
