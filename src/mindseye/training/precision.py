"""In which numbers a step is computed, by device. Weights stay float32."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

CPU = torch.device("cpu")
PRECISIONS = ("bfloat16", "float32")


def mixed(device: torch.device, precision: str = "bfloat16") -> AbstractContextManager[Any]:
    """bfloat16 products over float32 weights, or float32 throughout: also on a device that knows no such mixture."""
    if precision == "float32" or not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def without_mixing(device: torch.device) -> AbstractContextManager[Any]:
    """What is computed inside stays in the numbers that it is given in."""
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)
