"""JSONL as a stream: one line at a time, whatever the size of the file; a bad line is its own error."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import InputError, nearest

LONGEST_LINE = 256 * 2**20  # bytes; a row with a few large pictures as data URLs is far below
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Line:
    """One line that is not blank.

    number: 1 for the first line of the file. offset: byte at which it starts. data: its bytes without the line
    break, or None where it is longer than LONGEST_LINE. is_whole: whether a line break ends it.
    """

    number: int
    offset: int
    data: bytes | None
    is_whole: bool


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a file; InputError when it is missing or no plain file."""
    yield from _lines_from(path, 0, 0)


def read_lines_at(path: Path, offset: int, number: int, count: int) -> Iterator[Line]:
    """`count` lines that are not blank from a byte offset on, where a line begins; `number` lines came before it."""
    yield from islice(_lines_from(path, offset, number), count)


def _lines_from(path: Path, offset: int, number: int) -> Iterator[Line]:
    check_file(path)
    with path.open("rb") as file:
        file.seek(offset)
        while data := file.readline(LONGEST_LINE):
            size, is_long = len(data), False
            while not data.endswith(b"\n") and (more := file.readline(LONGEST_LINE)):
                size, is_long, data = size + len(more), True, more
            number += 1
            is_whole = data.endswith(b"\n")
            if offset == 0:
                data = data.removeprefix(_BOM)
            if is_long or data.strip():
                yield Line(number, offset, None if is_long else data.rstrip(b"\r\n"), is_whole)
            offset += size


def parse_object(line: Line) -> dict[str, Any]:
    """The JSON object of a line; InputError that says what it holds instead."""
    if line.data is None:
        raise InputError(f"line {line.number} is longer than {LONGEST_LINE // 2**20} MB; expected one row a line")
    try:
        found = json.loads(line.data)
    except UnicodeDecodeError as error:
        raise InputError(f"line {line.number} is not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise InputError(f"line {line.number} is broken JSON: {error.msg} at column {error.colno}") from error
    except ValueError as error:  # an integer of thousands of digits
        raise InputError(f"line {line.number} is broken JSON: {error}") from error
    except RecursionError as error:
        raise InputError(f"line {line.number} is nested too deeply for JSON that anybody meant") from error
    if not isinstance(found, dict):
        raise InputError(f"line {line.number} holds a {_JSON_NAMES[type(found)]}; expected an object with fields")
    return found


def check_file(path: Path) -> None:
    """Raise InputError unless `path` is a plain file that exists."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"{path} does not exist{nearest(path.name, siblings)}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"{path} is {'a folder' if stat.S_ISDIR(mode) else 'no plain file'}; expected a file of rows")


_JSON_NAMES = {list: "list", str: "text", int: "number", float: "number", bool: "true or false", type(None): "null"}
