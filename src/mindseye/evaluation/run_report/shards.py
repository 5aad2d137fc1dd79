"""The rows of a report in files of a few megabytes, which a page can load from disk: scripts that call back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

LARGEST = 3_000_000  # bytes of a file; a row with all that is shown of it is smaller than two million


class ShardWriter:
    """Writes rows-1.js, rows-2.js ...; each is a call of `mindseyeRows(number, rows)`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: list[str] = []
        self._size = 0
        self.number = 1

    def add(self, row: dict[str, Any]) -> tuple[int, int]:
        """Take in a row; returns the number of its file and its place there."""
        text = json.dumps(row)
        if self._rows and self._size + len(text) > LARGEST:
            self._write()
        self._rows.append(text)
        self._size += len(text) + 2
        return self.number, len(self._rows) - 1

    def close(self) -> int:
        """Write the last file; returns how many there are."""
        if self._rows:
            self._write()
        return self.number - 1

    def _write(self) -> None:
        write_script(self._folder / f"rows-{self.number}.js", f"mindseyeRows({self.number}", self._rows)
        self._rows, self._size, self.number = [], 0, self.number + 1


def write_index(folder: Path, entries: Iterable[list[Any]]) -> int:
    """Write index-1.js, index-2.js ..., calls of `mindseyeIndex(entries)`; returns how many."""
    number = 0
    for number, lines in enumerate(_chunks(map(json.dumps, entries)), start=1):
        write_script(folder / f"index-{number}.js", "mindseyeIndex(0", lines)
    return number


def write_script(path: Path, call: str, items: list[str]) -> None:
    """`call`, [items]); as a script."""
    path.write_text(f"{call}, [\n{(',' + chr(10)).join(items)}\n]);\n", encoding="utf-8")


def _chunks(lines: Iterable[str]) -> Iterator[list[str]]:
    held: list[str] = []
    size = 0
    for line in lines:
        if held and size + len(line) > LARGEST:
            yield held
            held, size = [], 0
        held.append(line)
        size += len(line) + 2
    if held:
        yield held
