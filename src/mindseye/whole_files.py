"""Files that appear whole or not at all, and names that nobody else has taken.

What is being written has a name of its own until it is finished, so any number of programs may write to one place.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNFINISHED = ".part"
LONGEST_STEM = 80  # characters; a name that is as long as a name may be leaves no room for ours


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A name in the folder of `path` to write to; it becomes `path` at the end and vanishes after an error.

    Raises OSError where nothing can be written.
    """
    unfinished = path.with_name(f".{path.name[:LONGEST_STEM]}.{secrets.token_hex(6)}{UNFINISHED}")
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield unfinished
        os.replace(unfinished, path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def write_whole(path: Path, text: str) -> None:
    """Write a text as UTF-8."""
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def claim_name(stem: str, folder: Path, suffix: str) -> Path:
    """`stem` and suffix, or the first of stem-2, stem-3 ... that is free; it now exists, empty, and is the caller's."""
    for path in _names(stem, folder, suffix):
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            return path
    raise AssertionError("names never end")


def claim_folder(stem: str, folder: Path) -> Path:
    """The folder `stem`, or the first of stem-2, stem-3 ... that did not exist; it now does."""
    for path in _names(stem, folder, ""):
        with suppress(FileExistsError):
            path.mkdir()
            return path
    raise AssertionError("names never end")


def give_back(path: Path) -> None:
    """Remove a claimed name or folder that was never filled."""
    with suppress(OSError):
        if path.is_dir():
            path.rmdir()
        elif path.stat().st_size == 0:
            path.unlink()


def _names(stem: str, folder: Path, suffix: str) -> Iterator[Path]:
    yield folder / f"{stem}{suffix}"
    number = 2
    while True:
        yield folder / f"{stem}-{number}{suffix}"
        number += 1
