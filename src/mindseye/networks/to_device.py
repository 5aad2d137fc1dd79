"""Numbers of a forward pass on their way to the device: each copy costs a launch, so they travel together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def send(lists: Sequence[Sequence[int] | Tensor], device: torch.device) -> tuple[Tensor, ...]:
    """Each list of whole numbers, or int64 tensor of them on the host, as an int64 tensor (n,) on the device."""
    whole = _joined(lists)
    if device.type == "cuda":
        whole = whole.pin_memory()
    return whole.to(device, non_blocking=True).split_with_sizes([len(numbers) for numbers in lists])


def _joined(lists: Sequence[Sequence[int] | Tensor]) -> Tensor:
    if any(isinstance(numbers, Tensor) for numbers in lists):
        return torch.cat([torch.as_tensor(numbers, dtype=torch.long) for numbers in lists])
    return torch.tensor([number for numbers in lists for number in numbers], dtype=torch.long)
