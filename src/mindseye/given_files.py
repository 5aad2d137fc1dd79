"""Files that somebody gave: their kind and size are looked at before a byte is read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from .errors import InputError, MindseyeError

LARGEST_JSON = 4_000_000  # bytes; a configuration has a few thousand


def read_given(path: Path, largest: int, error: type[MindseyeError] = InputError) -> bytes:
    """The bytes of a regular file of at most `largest` bytes.

    Raises `error` for devices, pipes, sockets and larger files, OSError for what cannot be opened.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise error(f"{path} is a device or a pipe; expected a regular file")
        if found.st_size > largest:
            raise error(
                f"{path} has {_size(found.st_size)}; at most {_size(largest)} are read, so this is another file"
            )
        data = file.read(largest + 1)  # what /proc shows has no size before it is read
    if len(data) > largest:
        raise error(f"{path} has more than {_size(largest)}; this is another file")
    return data


def parse_json(text: str | bytes) -> Any:
    """What JSON says; ValueError for what is none or is nested too deep."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def read_json(path: Path, largest: int = LARGEST_JSON, error: type[MindseyeError] = InputError) -> Any:
    """What a JSON file says; ValueError for what is no JSON, else as `read_given`."""
    return parse_json(read_given(path, largest, error))


def _open_at_once(path: str, flags: int) -> int:
    """A pipe without a writer must not keep us waiting."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _size(count: int) -> str:
    return f"{count / 1e6:,.0f} MB" if count >= 1_000_000 else f"{count:,} bytes"
