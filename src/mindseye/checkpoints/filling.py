"""A stream of tensors into a network built without memory: each is read, turned as it must lie, put in its place and
forgotten. A layer that is whole may be laid out for the CPU before the next one is read."""
# D output size, C channels, p patch size

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from ..errors import CheckpointError
from .heap import give_back_freed_memory
from .plan import Entry, LoadPlan
from .reading import TensorReader, is_finite

BETWEEN_TRIMS = 64 << 20  # bytes of weights; a trim costs a millisecond
Transform = Callable[[nn.Module], None]
"""Changes one layer once its weights are there."""


def fill(network: nn.Module, plan: LoadPlan, transform: Transform | None = None) -> None:
    """Give a network on the meta device the weights of a plan; `transform` sees each layer when it is whole."""
    passing = [entry.info.num_bytes for entry in plan.entries if not entry.stays]
    num_bytes = 0
    with TensorReader(max(passing, default=0)) as reader:
        for unit, group in itertools.groupby(plan.entries, key=lambda entry: entry.unit):
            entries = list(group)
            _fill_unit(network, unit, entries, reader)
            if transform:
                transform(network.get_submodule(unit))
            num_bytes += sum(entry.num_bytes for entry in entries)
            if num_bytes > BETWEEN_TRIMS:
                give_back_freed_memory()
                num_bytes = 0
    if plan.num_bytes > BETWEEN_TRIMS:
        give_back_freed_memory()


def _fill_unit(network: nn.Module, unit: str, entries: Sequence[Entry], reader: TensorReader) -> None:
    modules = dict(network.get_submodule(unit).named_modules(prefix=unit))
    for entry in entries:
        _put(modules, entry, reader)


def _put(modules: Mapping[str, nn.Module], entry: Entry, reader: TensorReader) -> None:
    path, _, name = entry.parameter.rpartition(".")
    module = modules[path]
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
