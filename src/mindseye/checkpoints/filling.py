"""A stream of tensors into a network built without memory: each is read, turned as it must lie, put in its place and
forgotten. A layer that is whole may be laid out for the CPU before the next one is read."""
# D output size, C channels, p patch size

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..errors import CheckpointError
from .plan import Entry, LoadPlan, module_of
from .reading import TensorReader, is_finite

Transform = Callable[[nn.Module], None]
"""Changes one layer once its weights are there."""


def fill(network: nn.Module, plan: LoadPlan, transform: Transform | None = None) -> None:
    """Give a network on the meta device the weights of a plan; `transform` sees each layer when it is whole."""
    passing = [entry.info.num_bytes for entry in plan.entries if not entry.stays]
    with TensorReader(max(passing, default=0)) as reader:
        for unit, entries in itertools.groupby(plan.entries, key=lambda entry: entry.unit):
            for entry in entries:
                _put(network, entry, reader)
            if transform:
                for module in list(network.get_submodule(unit).modules()):
                    transform(module)


def _put(network: nn.Module, entry: Entry, reader: TensorReader) -> None:
    module, name = module_of(network, entry.parameter)
    stored = reader.read(entry.source.name, entry.info, entry.stays)
    tensor = stored if entry.stays else _convert(stored, entry)
    if entry.dtype == torch.float16 and entry.info.dtype != "F16" and not is_finite(tensor):
        raise CheckpointError(
            f"{entry.info.file}: {entry.source.name} is too large for float16; load it as bfloat16 or float32"
        )
    old = module._parameters.get(name)
    if old is None:
        module._buffers[name] = tensor
    else:
        module._parameters[name] = nn.Parameter(tensor, requires_grad=old.requires_grad)


def _convert(stored: Tensor, entry: Entry) -> Tensor:
    """A tensor of its own: the buffer that it was read into is used again."""
    layout = entry.source.layout
    if layout == "convolution":  # (D, C, p, p) -> (D, p * p * C)
        stored = stored.permute(0, 2, 3, 1).reshape(stored.shape[0], -1)
    elif layout == "transposed":
        stored = stored.T
    return torch.empty(stored.shape, device=entry.device, dtype=entry.dtype).copy_(stored)
