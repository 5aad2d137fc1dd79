"""Rows of one or many files, one after the other: numbered, named, and each with its own error if it is broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import InputError
from .jsonl import check_file, parse_object, read_lines
from .row_forms import Asked, read_form
from .sample_ids import Names, SampleId
from .tables import is_table, read_table


@dataclass(frozen=True)
class Row:
    """One row. number: its place in all the input, from 0. fields: its own, none where it could not be read.

    sample_id: its own `sample_id` or `id`, else its number; the second of two rows with one id gets "-2" behind it.
    """

    number: int
    sample_id: SampleId
    fields: dict[str, Any]
    file: Path
    broken: str | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.sample_id)

    @cached_property
    def asked(self) -> Asked:
        """What it asks; InputError where that cannot be known."""
        if self.broken is not None:
            raise InputError(self.broken)
        return read_form(self.fields)


def read_rows(files: Sequence[Path], start: int = 0, end: int | None = None) -> Iterator[Row]:
    """The rows `start` to `end` (exclusive) of all files together.

    A row is a line of JSONL that is not blank, or a row of a Parquet file. InputError only for a file that cannot
    be opened at all.
    """
    names = Names()
    number = 0
    for path in files:
        for fields, broken in _read_file(path):
            if end is not None and number >= end:
                return
            sample_id = names.name(fields, number)
            if number >= start:
                yield Row(number, sample_id, fields, path, broken)
            number += 1


def count_rows(files: Sequence[Path]) -> int:
    """How many rows there are; reads all lines, parses none."""
    return sum(_count(path) for path in files)


def _read_file(path: Path) -> Iterator[tuple[dict[str, Any], str | None]]:
    if is_table(path):
        yield from read_table(path)
        return
    for line in read_lines(path):
        try:
            yield parse_object(line), None
        except InputError as error:
            yield {}, str(error)


def _count(path: Path) -> int:
    if is_table(path):
        return sum(1 for _ in read_table(path))
    return sum(1 for _ in read_lines(path))


def find_files(names: Sequence[str | Path]) -> list[Path]:
    """Files of rows: files as named, and of folders all JSONL and Parquet files below them, sorted."""
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in (".jsonl", ".parquet") and p.is_file())
            if not inside:
                raise InputError(f"the folder {path} holds no .jsonl or .parquet file")
            found += inside
        else:
            check_file(path)
            found.append(path)
    return found
