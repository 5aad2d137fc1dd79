"""On which device and in which number format a model is loaded."""

from __future__ import annotations

import torch

from ..errors import InputError, nearest

DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
SMALL_MODEL = 100_000_000  # parameters below which a CPU computes in float32 unless asked


def available_devices() -> list[str]:
    """Names of the devices of this machine, the fastest kind first."""
    found = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def choose_device(device: str | torch.device) -> torch.device:
    """The device of that name; "auto" is the first of cuda, mps and cpu that there is."""
    there = available_devices()
    name = str(device)
    if name == "auto":
        return torch.device(there[0])
    if name not in there and name not in {known.split(":")[0] for known in there}:
        raise InputError(f'no device "{name}" here; available: auto, {", ".join(there)}{nearest(name, there)}')
    return torch.device(name)


def choose_dtype(dtype: str | torch.dtype | None, device: torch.device, num_parameters: int) -> torch.dtype:
    """The number format; None or "auto" is bfloat16, except for a small model on a CPU: float32."""
    if isinstance(dtype, torch.dtype):
        if dtype not in DTYPES.values():
            raise InputError(f"a model cannot be loaded as {dtype}; known: {', '.join(DTYPES)}")
        return dtype
    if dtype is None or dtype == "auto":
        is_small = device.type == "cpu" and num_parameters < SMALL_MODEL
        return torch.float32 if is_small else torch.bfloat16
    if dtype not in DTYPES:
        raise InputError(f'unknown number format "{dtype}"{nearest(dtype, DTYPES)}; known: {", ".join(DTYPES)}')
    return DTYPES[dtype]
