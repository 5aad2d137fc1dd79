"""Tensors from files into a network built without memory.

Each tensor is read straight into the memory it will live in. Mapping the file instead would count every
weight twice while it is copied: as a page of the file and as the copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from io import FileIO
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import CheckpointError
from .headers import HALF, TensorInfo
from .strict import is_convolution

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


def fill(network: nn.Module, table: Mapping[str, TensorInfo], device: torch.device, dtype: torch.dtype) -> None:
    """Give a network on the meta device those of its weights that the table names."""
    stays = {name for name, info in table.items() if device.type == "cpu" and TORCH_DTYPE[info.dtype] == dtype}
    # What is converted or moved passes through one buffer; a new one each would leave holes in the heap.
    largest = max((info.num_bytes for name, info in table.items() if name not in stays), default=0)
    buffer = torch.empty(largest, dtype=torch.uint8)
    state: dict[str, Tensor] = {}
    files: dict[Path, FileIO] = {}
    with ExitStack() as stack:
        for name, info in sorted(table.items(), key=lambda item: (str(item[1].file), item[1].offset)):
            if info.file not in files:
                files[info.file] = stack.enter_context(FileIO(info.file))
            data = torch.empty(info.num_bytes, dtype=torch.uint8) if name in stays else buffer[: info.num_bytes]
            tensor = read_tensor(files[info.file], info, data)
            check_finite(tensor, name, info)
            if is_convolution(name, info.shape):  # (D, C, p, p) -> (D, p * p * C)
                tensor = tensor.permute(0, 2, 3, 1).reshape(info.shape[0], -1)
            state[name] = tensor.to(device, dtype)
            if dtype == torch.float16 and info.dtype != "F16" and not is_finite(state[name]):
                raise CheckpointError(f"{info.file}: {name} is too large for float16; load it as bfloat16 or float32")
    network.load_state_dict(state, strict=False, assign=True)
