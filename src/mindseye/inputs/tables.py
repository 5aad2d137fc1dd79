"""Rows of Parquet files, pictures as bytes included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError
from .jsonl import check_file

ROWS_AT_ONCE = 64  # rows with pictures are large


def is_table(path: Path) -> bool:
    """Whether the name says that it is a Parquet file."""
    return path.suffix.lower() in (".parquet", ".pq")


def read_table(path: Path) -> Iterator[tuple[dict[str, Any], str | None]]:
    """The rows of a Parquet file; nulls are absent fields. InputError for a file that is none."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InputError(f'reading {path.name} needs pyarrow: pip install "mindseye[parquet]"') from error
    check_file(path)
    try:
        with parquet.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=ROWS_AT_ONCE):
                for fields in batch.to_pylist():
                    yield {key: value for key, value in fields.items() if value is not None}, None
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, OSError) as error:
        raise InputError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}") from error
