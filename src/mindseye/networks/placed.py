"""Where a network computes and in which number format: it says so itself, since its weights may be packed, quantized
or elsewhere."""

from __future__ import annotations

import torch
from torch import nn


class Placed(nn.Module):
    """A module that knows its device and the dtype of its activations; both follow `.to()`."""

    _place: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("_place", torch.empty(0), persistent=False)

    @property
    def device(self) -> torch.device:
        return self._place.device

    @property
    def dtype(self) -> torch.dtype:
        return self._place.dtype

    @property
    def num_parameters(self) -> int:
        """Weights of all kinds, biases included."""
        return sum(parameter.numel() for parameter in self.parameters())

    def place(self, device: torch.device, dtype: torch.dtype) -> None:
        """Say where it computes, after its weights were put there one by one."""
        self._place = torch.empty(0, device=device, dtype=dtype)
