"""Numbers of a forward pass on their way to the device: each copy costs a launch, so they travel together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def send(lists: Sequence[Sequence[int] | Tensor], device: torch.device) -> tuple[Tensor, ...]:
    """Each list of whole numbers, or int64 tensor of them on the host, as an int64 tensor (n,) on the device."""
    parts = [x if isinstance(x, Tensor) else torch.tensor(x, dtype=torch.long) for x in lists]
    whole = parts[0] if len(parts) == 1 else torch.cat(parts)
    if device.type == "cuda":
        whole = whole.pin_memory()
    return whole.to(device, non_blocking=True).split_with_sizes([len(part) for part in parts])
