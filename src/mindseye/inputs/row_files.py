"""Files of rows that can be read from any place on, in any order: JSONL and Parquet, in blocks of neighbouring rows."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import InputError
from .jsonl import Line, parse_object, read_lines, read_lines_at
from .row_order import WINDOW, Reading, windows
from .rows import Row
from .sample_ids import own_id
from .tables import Table, is_table

LINES = 64  # of a block
LARGEST_WINDOW = 256 * 2**20  # bytes of the blocks that are in memory together
LARGEST_BLOCK = 2**30  # bytes; a group of rows of a Parquet file may be as large as its writer liked
Fields = dict[str, Any]


class BlockFile(Protocol):
    """A file in blocks. `sizes`: rows in each block; `num_bytes`: of each block."""

    path: Path

    @property
    def sizes(self) -> Sequence[int]: ...
    @property
    def num_bytes(self) -> Sequence[int]: ...

    def block(self, number: int) -> Any:
        """A block as it lies on the disk."""
        ...

    def row(self, block: Any, row: int) -> Fields:
        """One of its rows; InputError where it is broken."""
        ...

    def in_order(self, start: int) -> Iterator[tuple[Fields, str | None]]:
        """All rows from number `start` on, with what is wrong with them."""
        ...


class LineFile:
    """JSONL. Looked through once for where its lines start: sixteen bytes for 64 lines are remembered."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offsets, self._numbers = array("Q"), array("Q")
        count = end = 0
        for line in read_lines(path):
            if count % LINES == 0:
                self._offsets.append(line.offset)
                self._numbers.append(line.number - 1)
            count, end = count + 1, line.offset
        self._count = count
        self._end = max(end, path.stat().st_size)

    @cached_property
    def sizes(self) -> Sequence[int]:
        full, rest = divmod(self._count, LINES)
        return [LINES] * full + ([rest] if rest else [])

    @cached_property
    def num_bytes(self) -> Sequence[int]:
        ends = [*self._offsets[1:], self._end][: len(self._offsets)]
        return [end - start for start, end in zip(self._offsets, ends, strict=True)]

    def block(self, number: int) -> list[Line]:
        return list(self._lines(number, self.sizes[number]))

    def row(self, block: list[Line], row: int) -> Fields:
        return parse_object(block[row])

    def in_order(self, start: int) -> Iterator[tuple[Fields, str | None]]:
        if start >= self._count:
            return
        number = start // LINES
        for place, line in enumerate(self._lines(number, self._count - number * LINES), number * LINES):
            if place >= start:
                yield _parsed(line)

    def _lines(self, block: int, count: int) -> Iterator[Line]:
        return read_lines_at(self.path, self._offsets[block], self._numbers[block], count)


class RowFiles:
    """Any number of files as one: rows by number, in any order, by any number of processes."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Opens all; InputError for a file that is missing or no Parquet."""
        self._stamps = [_stamp(path) for path in files]
        self._files: list[BlockFile] = [Table(path) if is_table(path) else LineFile(path) for path in files]
        self._sizes = np.array([size for file in self._files for size in file.sizes], np.int64)
        self._starts = np.concatenate([[0], np.cumsum(self._sizes)])  # number of each block's first row
        self._owners = np.repeat(np.arange(len(self._files)), [len(file.sizes) for file in self._files])
        self._first_blocks = np.concatenate([[0], np.cumsum([len(file.sizes) for file in self._files])])

    def __len__(self) -> int:
        """How many rows there are, broken ones too."""
        return int(self._starts[-1])

    def read(self, reading: Reading) -> Iterator[Row]:
        """The rows of a reading; one that is broken says so in `broken`, none is left out.

        Row number `reading.start` of this rank comes first, so a reader that was stopped goes on where it was. An
        endless reading of no rows is an InputError.
        """
        if reading.num_epochs is None and not reading.rows_an_epoch(len(self)):
            raise InputError("the files hold no row for this rank, so an endless reading would wait for ever")
        return self._shuffled(reading) if reading.seed is not None else self._in_order(reading)

    def _in_order(self, reading: Reading) -> Iterator[Row]:
        own = reading.rows_an_epoch(len(self))
        if not own:
            return
        epoch, skipped = divmod(reading.start, own)
        while reading.num_epochs is None or epoch < reading.num_epochs:
            first = reading.rank + skipped * reading.num_ranks
            for owner, file in enumerate(self._files):
                before = int(self._starts[self._first_blocks[owner]])
                rows = file.in_order(max(first - before, 0))
                for number, (fields, broken) in enumerate(rows, max(first, before)):
                    if number % reading.num_ranks == reading.rank:
                        yield Row(number, own_id(fields, number), fields, file.path, broken)
            epoch, skipped = epoch + 1, 0

    def _shuffled(self, reading: Reading) -> Iterator[Row]:
        for window in windows(self._sizes, reading, self._width):
            blocks: dict[int, Any] = {}
            for block, row in window.places.tolist():
                file = self._files[self._owners[block]]
                if block not in blocks:
                    blocks[block] = self._block(block)
                number = int(self._starts[block]) + row
                fields, broken = _row(file, blocks[block], row)
                yield Row(number, own_id(fields, number), fields, file.path, broken)

    def _block(self, number: int) -> Any:
        """A block, or the error that all its rows have; InputError where its file has changed since it was opened."""
        owner = self._owners[number]
        file = self._files[owner]
        if _stamp(file.path) != self._stamps[owner]:
            raise InputError(f"{file.path} was changed while it is read; begin anew, or write changes to a new file")
        try:
            return file.block(number - int(self._first_blocks[owner]))
        except InputError as error:
            return error

    @cached_property
    def _width(self) -> int:
        """Blocks of a window: few where they are large. InputError for one that is too large to be in memory."""
        for file in self._files:
            if file.num_bytes and max(file.num_bytes) > LARGEST_BLOCK:
                raise InputError(
                    f"{file.path} has a group of rows of {max(file.num_bytes) / 2**30:.1f} GB, too large to be "
                    "shuffled; read it in order, or write it again with fewer rows a group (row_group_size)"
                )
        largest = max((max(file.num_bytes) for file in self._files if file.num_bytes), default=1)
        return max(1, min(WINDOW, LARGEST_WINDOW // max(largest, 1)))


def _parsed(line: Line) -> tuple[Fields, str | None]:
    try:
        return parse_object(line), None
    except InputError as error:
        return {}, str(error)


def _row(file: BlockFile, block: Any, row: int) -> tuple[Fields, str | None]:
    """A row of a block, or what is wrong with it."""
    try:
        if isinstance(block, InputError):
            raise block
        return file.row(block, row), None
    except InputError as error:
        return {}, str(error)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:  # whoever opens it says so
        return -1, -1
    return found.st_size, found.st_mtime_ns
