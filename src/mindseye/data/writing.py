"""Prepared rows on the disk: a file a split, JSONL with pictures beside it or Parquet with pictures inside.

A row says `sample_id`, `split`, `source`, `conversations` and what else is known of it; its picture is `image`, a
path from the file's folder, or `image_bytes`. The file appears when it is whole.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..errors import InputError, nearest
from ..inputs.sample_ids import folder_name
from ..inputs.tables import parquet
from ..whole_files import whole_file

FORMATS = ("jsonl", "parquet")
PICTURES = "images"
ROWS_A_GROUP = 64
BYTES_A_GROUP = 64 * 2**20
Fields = dict[str, Any]


def check_format(kind: str) -> None:
    """InputError for a format that is not of FORMATS, or whose library is missing."""
    if kind not in FORMATS:
        raise InputError(f'unknown format "{kind}"{nearest(kind, FORMATS)}; known: {", ".join(FORMATS)}')
    if kind == "parquet":
        parquet("--format parquet")


@dataclass(frozen=True)
class Prepared:
    """A row without its picture. picture: the bytes of its file, or the file itself. name: of the file."""

    fields: Mapping[str, Any]
    picture: bytes | Path
    name: str


def conversation(request: str, answer: str) -> list[dict[str, str]]:
    """A picture, a request about it and the answer, as turns."""
    return [{"from": "human", "value": f"<image>\n{request}"}, {"from": "gpt", "value": answer}]


class RowWriter(Protocol):
    """Takes rows one after the other; `close` when all are written."""

    def write(self, row: Prepared) -> None: ...
    def close(self) -> None: ...


def write_rows(rows: Iterable[Prepared], folder: Path, kind: str) -> dict[str, int]:
    """Write rows into a folder that is new or empty; returns how many are in each file, in the order they began.

    InputError where nothing can be written. Whatever ends it early, Ctrl-C too, leaves neither rows nor pictures.
    """
    makers: dict[str, Callable[[Path, Path], RowWriter]] = {"jsonl": Lines, "parquet": Groups}
    make = makers[kind]
    counts: dict[str, int] = {}
    writers: dict[str, RowWriter] = {}
    try:
        with ExitStack() as files, _whole_or_gone(folder / PICTURES):
            for row in rows:
                name = f"{folder_name(row.fields['split'])}.{kind}"
                if name not in writers:
                    writers[name] = make(files.enter_context(whole_file(folder / name)), folder)
                    files.callback(_closed_early, writers[name])
                    counts[name] = 0
                writers[name].write(row)
                counts[name] += 1
            for writer in writers.values():
                writer.close()
    except OSError as error:
        raise InputError(f"the rows cannot be written into {folder}: {error.strerror or error}") from error
    return counts


class Lines:
    """JSONL; pictures are linked, or copied where that is impossible."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._folder = folder

    def write(self, row: Prepared) -> None:
        """A line and a picture."""
        name = Path(PICTURES, folder_name(row.fields["split"]), row.name)
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _put(row.picture, target)
        self._file.write(json.dumps({**row.fields, "image": name.as_posix()}, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Nothing more comes."""
        self._file.close()


class Groups:
    """Parquet in small groups of rows, so that they can be read in any order."""

    def __init__(self, path: Path, folder: Path) -> None:
        import pyarrow

        self._arrow = pyarrow
        self._parquet = parquet(path.name)
        self._path = path
        self._writer: Any = None
        self._rows: list[Fields] = []
        self._size = 0

    def write(self, row: Prepared) -> None:
        """A row."""
        data = row.picture if isinstance(row.picture, bytes) else row.picture.read_bytes()
        self._rows.append({**{name: _cell(value) for name, value in row.fields.items()}, "image_bytes": data})
        self._size += len(data)
        if len(self._rows) >= ROWS_A_GROUP or self._size >= BYTES_A_GROUP:
            self._flush()

    def close(self) -> None:
        """What is left; then nothing more comes."""
        if self._rows:
            self._flush()
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        schema = self._writer.schema if self._writer is not None else self._schema(self._rows[0])
        table = self._arrow.Table.from_pylist(self._rows, schema=schema)
        if self._writer is None:
            self._writer = self._parquet.ParquetWriter(self._path, schema)
        self._writer.write_table(table)
        self._rows, self._size = [], 0

    def _schema(self, row: Fields) -> Any:
        """Columns by the kinds of the first row's values: all rows of a file have the same fields."""
        arrow = self._arrow
        kinds = {str: arrow.string(), int: arrow.int64(), bytes: arrow.binary(), list: arrow.list_(arrow.string())}
        return arrow.schema([(name, kinds[type(value)]) for name, value in row.items()])


def _cell(value: Any) -> Any:
    """A value as a column holds it: what is neither a text, a number nor texts becomes JSON."""
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return list(value)
    return value if isinstance(value, (str, int)) else json.dumps(value, ensure_ascii=False)


@contextmanager
def _whole_or_gone(made: Path) -> Iterator[None]:
    """A folder that is made meanwhile vanishes after an error; one that was there before stays."""
    was_there = made.exists()
    try:
        yield
    except BaseException:
        if not was_there:
            shutil.rmtree(made, ignore_errors=True)
        raise


def _closed_early(writer: RowWriter) -> None:
    """After an error the file is not wanted any more."""
    with suppress(Exception):
        writer.close()


def _put(picture: bytes | Path, target: Path) -> None:
    """A picture's file under another name, without a copy where the disk can do that."""
    if isinstance(picture, bytes):
        target.write_bytes(picture)
        return
    try:
        os.link(picture.resolve(), target)
    except FileExistsError:
        raise
    except OSError:
        shutil.copyfile(picture, target)
