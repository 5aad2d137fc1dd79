"""Which rows of a large file are read when: in order or shuffled by a seed, split by rank, from any place on.

Files are read in blocks of neighbouring rows. A shuffled epoch takes the blocks in a random order, some at a time (a
window), and the rows of a window in a random order: few places in memory, whatever the size of the file. An order
depends on the seed, the epoch and the sizes of the blocks, and on nothing else.
"""
# B blocks, N rows, W windows

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..params import check_seed

WINDOW = 16  # blocks at once


@dataclass(frozen=True)
class Reading:
    """How rows are read.

    seed: None for the order of the files, else they are shuffled anew each epoch. rank, num_ranks: of the processes
    that share the rows; every row goes to one of them, and their counts differ by one at most. start: how many rows
    this rank has read before, in all epochs together. num_epochs: None for ever.
    """

    seed: int | None = None
    rank: int = 0
    num_ranks: int = 1
    start: int = 0
    num_epochs: int | None = 1

    def __post_init__(self) -> None:
        if self.seed is not None:
            check_seed(self.seed)
        if self.num_ranks < 1 or not 0 <= self.rank < self.num_ranks:
            raise InputError(f"rank is {self.rank} of {self.num_ranks}; expected 0 to {self.num_ranks - 1}")
        if self.start < 0:
            raise InputError(f"start is {self.start}; expected 0 or more")
        if self.num_epochs is not None and self.num_epochs < 0:
            raise InputError(f"num_epochs is {self.num_epochs}; expected 0 or more, or None for ever")

    def rows_an_epoch(self, num_rows: int) -> int:
        """Rows of this rank in one epoch."""
        return (num_rows - self.rank + self.num_ranks - 1) // self.num_ranks


@dataclass(frozen=True)
class Window:
    """Blocks that are in memory together, and this rank's rows of them in their order.

    places: (n, 2) int64: which block, and which row in it. epoch: from 0.
    """

    epoch: int
    blocks: tuple[int, ...]
    places: np.ndarray


def windows(sizes: np.ndarray, reading: Reading, width: int = WINDOW) -> Iterator[Window]:
    """The windows of a reading, from its start; `sizes` (B,) are the rows in each block."""
    num_rows = int(sizes.sum())
    own = reading.rows_an_epoch(num_rows)
    if not own:
        return
    epoch, skipped = divmod(reading.start, own)
    while reading.num_epochs is None or epoch < reading.num_epochs:
        yield from _epoch(sizes, reading, epoch, skipped, width)
        epoch, skipped = epoch + 1, 0


def _epoch(sizes: np.ndarray, reading: Reading, epoch: int, skipped: int, width: int) -> Iterator[Window]:
    """One epoch without this rank's first `skipped` rows."""
    order = np.arange(len(sizes)) if reading.seed is None else _rng(reading, epoch).permutation(len(sizes))
    width = 1 if reading.seed is None else width
    before = 0  # rows of all ranks in the windows that lie behind
    first = reading.rank + skipped * reading.num_ranks  # place of the next row among those of all ranks
    for number, start in enumerate(range(0, len(order), width)):
        blocks = order[start : start + width]
        num_rows = int(sizes[blocks].sum())
        if first < before + num_rows:
            places = _places(blocks, sizes)
            if reading.seed is not None:
                places = places[_rng(reading, epoch, number + 1).permutation(num_rows)]
            taken = places[first - before :: reading.num_ranks]
            first += len(taken) * reading.num_ranks
            yield Window(epoch, tuple(int(block) for block in blocks), taken)
        before += num_rows


def _places(blocks: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(n, 2) block and row of all rows of some blocks."""
    counts = sizes[blocks]
    rows = np.concatenate([np.arange(count) for count in counts])
    return np.stack([np.repeat(blocks, counts), rows], axis=1)


def _rng(reading: Reading, epoch: int, window: int = 0) -> np.random.Generator:
    assert reading.seed is not None
    return np.random.default_rng((reading.seed, epoch, window))
