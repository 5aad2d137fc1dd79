"""The rows of a run that are still to be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..inputs.rows import Row, read_rows


@dataclass(frozen=True)
class PendingRows:
    """The rows of a run that are not finished yet; can be sent to another process and read there."""

    files: tuple[Path, ...]
    start: int
    end: int | None
    done: frozenset[str]

    def __iter__(self) -> Iterator[Row]:
        return (row for row in read_rows(self.files, self.start, self.end) if row.key not in self.done)
