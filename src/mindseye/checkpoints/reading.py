"""Tensors from files into a network built without memory.

Each tensor is read straight into the memory it will live in. Mapping the file instead would count every
weight twice while it is copied: as a page of the file and as the copy.
"""

from __future__ import annotations

from contextlib import ExitStack
from io import FileIO
from pathlib import Path

import torch
from torch import Tensor

from ..errors import CheckpointError
from .headers import HALF, TensorInfo

TORCH_DTYPE = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read_tensor(file: FileIO, info: TensorInfo, data: Tensor) -> Tensor:
    """One tensor on the CPU in its stored format, read into the bytes `data` (num_bytes,) that it then shares."""
    view, filled = data.numpy().data, 0
    file.seek(info.offset)
    while filled < info.num_bytes:  # the system hands over at most 2 GiB at once
        count = file.readinto(view[filled:])
        if not count:
            raise CheckpointError(f"{info.file} ended while it was read: {HALF}")
        filled += count
    return data.view(TORCH_DTYPE[info.dtype]).view(info.shape)


def is_finite(tensor: Tensor) -> bool:
    """Whether no value is infinite or no number at all; one look at each, mostly in a single sum."""
    if tensor.sum().isfinite():
        return True
    return all(bound.isfinite() for bound in tensor.float().aminmax()) if tensor.numel() else True


def check_finite(tensor: Tensor, name: str, info: TensorInfo) -> None:
    """Raise CheckpointError for weights of which some are NaN or infinite."""
    if not is_finite(tensor):
        bad = int((~tensor.isfinite()).sum())
        raise CheckpointError(
            f"{info.file}: {bad} of {tensor.numel()} values of {name} are NaN or infinite, so the model can neither "
            "write nor draw; fetch the file again, or take an earlier checkpoint of the training"
        )


class TensorReader:
    """Reads tensors one by one through a single buffer; closes its files at the end."""

    def __init__(self, largest: int) -> None:
        """`largest`: bytes of the largest tensor that does not stay where it is read to."""
        # A new buffer each would leave holes in the heap.
        self._buffer = torch.empty(largest, dtype=torch.uint8)
        self._files: dict[Path, FileIO] = {}
        self._stack = ExitStack()

    def __enter__(self) -> TensorReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read(self, name: str, info: TensorInfo, stays: bool) -> Tensor:
        """One tensor in its stored format and shape, finite; valid until the next unless it `stays`."""
        if info.file not in self._files:
            self._files[info.file] = self._stack.enter_context(FileIO(info.file))
        data = torch.empty(info.num_bytes, dtype=torch.uint8) if stays else self._buffer[: info.num_bytes]
        tensor = read_tensor(self._files[info.file], info, data)
        check_finite(tensor, name, info)
        return tensor
