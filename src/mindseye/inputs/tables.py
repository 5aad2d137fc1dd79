"""Rows of Parquet files, pictures as bytes included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import InputError
from .jsonl import check_file

ROWS_AT_ONCE = 64  # rows with pictures are large
Fields = dict[str, Any]


def is_table(path: Path) -> bool:
    """Whether the name says that it is a Parquet file."""
    return path.suffix.lower() in (".parquet", ".pq")


def read_table(path: Path) -> Iterator[tuple[Fields, str | None]]:
    """The rows of a Parquet file; nulls are absent fields. InputError for a file that is none."""
    return Table(path).in_order(0)


class Table:
    """A Parquet file in its own groups of rows; opened for as long as a group is read. InputError for one that is none.

    sizes: rows of each group. num_bytes: of each group, unpacked.
    """

    def __init__(self, path: Path) -> None:
        parquet(path.name)
        check_file(path)
        self.path: Path = path
        groups = self._try(self._groups)
        self.sizes: Sequence[int] = [rows for rows, _ in groups]
        self.num_bytes: Sequence[int] = [size for _, size in groups]

    def block(self, number: int) -> Any:
        """A group of rows as an Arrow table."""
        return self._try(lambda: self._read_group(number))

    def row(self, block: Any, row: int) -> Fields:
        """One row of it."""
        return self._try(lambda: _present(block.slice(row, 1).to_pylist()[0]))

    def in_order(self, start: int) -> Iterator[tuple[Fields, str | None]]:
        """The rows from number `start` on, a few at a time, however large a group is.

        Where a group is damaged, the rest of its rows are broken and the next group goes on.
        """
        before = 0
        for group, size in enumerate(self.sizes):
            if start < before + size:
                yield from self._group_in_order(group, max(start - before, 0))
            before += size

    def _group_in_order(self, group: int, start: int) -> Iterator[tuple[Fields, str | None]]:
        place = 0
        try:
            batches = self._batches(group)
            while (batch := self._try(lambda: next(batches, None))) is not None:
                for fields in batch.slice(max(start - place, 0)).to_pylist():
                    yield _present(fields), None
                place += batch.num_rows
        except InputError as error:
            for _ in range(max(start, place), self.sizes[group]):
                yield {}, str(error)

    def _batches(self, group: int) -> Iterator[Any]:
        with parquet(self.path.name).ParquetFile(self.path) as table:
            yield from table.iter_batches(batch_size=ROWS_AT_ONCE, row_groups=[group])

    def _read_group(self, number: int) -> Any:
        with parquet(self.path.name).ParquetFile(self.path) as table:
            return table.read_row_group(number)

    def _groups(self) -> list[tuple[int, int]]:
        with parquet(self.path.name).ParquetFile(self.path) as table:
            groups = [table.metadata.row_group(number) for number in range(table.metadata.num_row_groups)]
            return [(group.num_rows, group.total_byte_size) for group in groups]

    def _try(self, read: Any) -> Any:
        """What `read` gives; InputError for whatever Arrow has against the file."""
        try:
            return read()
        except self._errors as error:
            raise InputError(f"{self.path} cannot be read as Parquet: {str(error).splitlines()[0]}") from error

    @cached_property
    def _errors(self) -> tuple[type[Exception], ...]:
        import pyarrow

        return pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, OSError, UnicodeDecodeError


def parquet(name: str) -> Any:
    """Arrow's module for Parquet; InputError that says how to install it."""
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise InputError(f'{name} needs pyarrow: pip install "mindseye[parquet]"') from error
    return parquet


def _present(fields: Fields) -> Fields:
    """A row without its nulls."""
    return {key: value for key, value in fields.items() if value is not None}
