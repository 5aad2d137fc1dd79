"""results.jsonl: a row is on disk before it counts, and a line that was cut off is cut away."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import InputError, MindseyeError
from ..inputs.jsonl import parse_object, read_lines

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFullError(MindseyeError):
    """The disk, or the quota, is full: the run stops, and goes on when there is room."""


class ResultsFile:
    """Appends rows. Each `add` returns when its rows are on disk, whole, all of them."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file; what a killed run left of a last line is cut off."""
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._size = whole_size(path)
        os.ftruncate(self._file, self._size)

    def __enter__(self) -> ResultsFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows; raises DiskFullError, with none of them written, when there is no room."""
        data = b"".join(as_line(row) for row in rows)
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
            os.fsync(self._file)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise as_disk_error(error, self.path) from error
        self._size += len(data)


def as_line(row: dict[str, Any]) -> bytes:
    """One row as a line of JSON; text that is no legal UTF-8 is escaped, what JSON does not know becomes text."""
    try:
        return json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(row, default=str).encode() + b"\n"


def as_disk_error(error: OSError, path: Path) -> MindseyeError:
    """DiskFullError where that is what happened, else InputError."""
    if error.errno in FULL:
        return DiskFullError(f"{path} cannot be written: {error.strerror}")
    return InputError(f"{path} cannot be written: {error.strerror or error}")


def whole_size(path: Path) -> int:
    """Bytes of the file up to the end of its last whole line."""
    size = path.stat().st_size
    with path.open("rb") as file:
        end = size
        while end:
            start = max(0, end - 65536)
            file.seek(start)
            cut = file.read(end - start).rfind(b"\n")
            if cut >= 0:
                return start + cut + 1
            end = start
    return 0


def read_results(path: Path) -> Iterator[dict[str, Any]]:
    """The whole rows of a results file, in the order they stand there; InputError for one that is broken."""
    for line in read_lines(path):
        if line.is_whole:
            yield parse_object(line)


def offsets_by_key(path: Path) -> dict[str, int]:
    """Where the row of each sample id starts; the last counts."""
    return {str(parse_object(line).get("sample_id")): line.offset for line in read_lines(path) if line.is_whole}


def put_in_order(path: Path, keys: Iterable[str]) -> None:
    """Rewrite the file in the order of `keys`, all or nothing; rows with other keys are dropped."""
    offsets = offsets_by_key(path)
    wanted = [offsets[key] for key in keys if key in offsets]
    if wanted == sorted(wanted) and len(wanted) == sum(1 for _ in read_lines(path)):
        return
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with path.open("rb") as source, unfinished.open("wb") as target:
            for offset in wanted:
                source.seek(offset)
                target.write(source.readline())
            target.flush()
            os.fsync(target.fileno())
        os.replace(unfinished, path)
        sync_folder(path.parent)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise as_disk_error(error, path) from error


def sync_folder(folder: Path) -> None:
    """Make new names in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes, is_synced: bool = True) -> None:
    """A file of these bytes, whole or not at all; where `is_synced`, on disk when this returns."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            if is_synced:
                os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise as_disk_error(error, path) from error
