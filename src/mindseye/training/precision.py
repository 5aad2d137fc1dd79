"""In which numbers a step is computed, by device. Weights stay float32."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

CPU = torch.device("cpu")
PRECISIONS = ("bfloat16", "float32")


def mixed(device: torch.device, precision: str = "bfloat16") -> AbstractContextManager[Any]:
    """bfloat16 products over float32 weights on that device, or float32 throughout."""
    return nullcontext() if precision == "float32" else torch.autocast(device.type, torch.bfloat16)
