"""What a safetensors file holds, read from its header alone.

Layout of the format: 8 bytes with the header's length (little endian), the header as JSON (name -> dtype, shape,
begin and end in the data), then the data without gaps.
"""

from __future__ import annotations

import math
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from ..given_files import parse_json

BYTES_OF_DTYPE = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
LARGEST_HEADER = 16_000_000  # bytes; the 7B's has 150,000
HALF = "this is half a download; fetch the file again"


@dataclass(frozen=True)
class TensorInfo:
    """Where one tensor lies and what it is; `dtype` by the format's name, `offset` from the file's start."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int
    num_bytes: int

    @property
    def num_parameters(self) -> int:
        return math.prod(self.shape)


def read_header(path: Path) -> dict[str, TensorInfo]:
    """Every tensor of the file by name; raises CheckpointError for what is cut short or no safetensors."""
    try:
        found = path.stat()
        size = found.st_size
        if not stat.S_ISREG(found.st_mode):
            raise CheckpointError(f"{path} is no regular file; expected safetensors weights")
        with path.open("rb") as file:
            first = file.read(8)
            if first == b"version ":  # of https://git-lfs...
                raise CheckpointError(
                    f"{path} is a git-lfs pointer of {size} bytes, not the weights: run `git lfs pull` there"
                )
            length = int.from_bytes(first, "little")
            if len(first) < 8 or length > size - 8 or length > LARGEST_HEADER:
                raise CheckpointError(
                    f"{path} ({size} bytes) ends before its header does, so {HALF} (or it is no safetensors)"
                )
            header = parse_json(file.read(length))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    except ValueError as error:
        raise CheckpointError(f"{path} is no safetensors file, or a damaged one ({error})") from error
    if not isinstance(header, dict):
        raise CheckpointError(f"{path} is no safetensors file: its header is no JSON object")
    header.pop("__metadata__", None)
    return _checked(path, header, data_start=8 + length, size=size)


def check_formats(table: Mapping[str, TensorInfo]) -> None:
    """Raise CheckpointError for a tensor that is wanted and no float; masks and counters beside the weights may be."""
    for name, info in table.items():
        if info.dtype not in BYTES_OF_DTYPE:
            raise CheckpointError(
                f"{info.file}: {name} is stored as {info.dtype}; expected one of {', '.join(BYTES_OF_DTYPE)}. "
                "Weights that are quantized already are not read: take the unquantized ones"
            )


def _checked(path: Path, header: dict[str, Any], data_start: int, size: int) -> dict[str, TensorInfo]:
    table: dict[str, TensorInfo] = {}
    for name, entry in header.items():
        try:
            dtype, shape = str(entry["dtype"]), tuple(int(n) for n in entry["shape"])
            begin, end = (int(n) for n in entry["data_offsets"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CheckpointError(f"{path}: the header's entry for {name} is damaged") from error
        if any(n < 0 for n in (*shape, begin)):
            raise CheckpointError(f"{path}: the header's entry for {name} counts below 0; damaged")
        size_of_one = BYTES_OF_DTYPE.get(dtype)
        if size_of_one is not None and end - begin != math.prod(shape) * size_of_one:
            raise CheckpointError(f"{path}: {name} {list(shape)} as {dtype} does not fill {end - begin} bytes")
        table[name] = TensorInfo(path, dtype, shape, data_start + begin, end - begin)
    expected = data_start
    for name, info in sorted(table.items(), key=lambda item: (item[1].offset, item[1].num_bytes)):
        if info.offset != expected:
            raise CheckpointError(f"{path}: {name} does not begin where the tensor before it ends; damaged")
        expected += info.num_bytes
    if size < expected:
        raise CheckpointError(f"{path} has {size} of {expected} bytes: {HALF}")
    if size > expected:
        raise CheckpointError(f"{path} has {size} bytes, {size - expected} more than its header says; damaged")
    return table
