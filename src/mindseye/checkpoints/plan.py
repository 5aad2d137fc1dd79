"""What loading will do, before it does it: for every tensor a place and a form."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch

from .families import Source
from .headers import TensorInfo
from .reading import TORCH_DTYPE

UNIT = re.compile(r".*?\.\d+(?=\.)")


@dataclass(frozen=True)
class Entry:
    """One tensor: from where in which file to which parameter, on which device, in which number format."""

    parameter: str
    source: Source
    info: TensorInfo
    device: torch.device
    dtype: torch.dtype

    @property
    def num_bytes(self) -> int:
        """Bytes that it will take."""
        return math.prod(self.info.shape) * self.dtype.itemsize

    @property
    def stays(self) -> bool:
        """Whether the bytes of the file are what is wanted in memory."""
        is_same = TORCH_DTYPE[self.info.dtype] == self.dtype and self.source.layout == "as it is"
        return is_same and self.device.type == "cpu"

    @cached_property
    def unit(self) -> str:
        """The module that it belongs to: its layer ("language_model.model.layers.3"), or the first part of its name."""
        match = UNIT.match(self.parameter)
        return match[0] if match else self.parameter.rpartition(".")[0].split(".")[0]


@dataclass(frozen=True)
class LoadPlan:
    """All entries in the order in which they are read: layer by layer, and in a layer as they lie in the file.

    `is_laid_out`: each layer is laid out for this CPU as soon as it is whole. `copies` are not read: heads over words
    that are the table of words, laid out beside it.
    """

    entries: tuple[Entry, ...]
    is_laid_out: bool = False
    copies: tuple[Entry, ...] = ()

    @cached_property
    def num_bytes(self) -> int:
        """Bytes of all tensors as loaded."""
        return sum(entry.num_bytes for entry in (*self.entries, *self.copies))

    @cached_property
    def largest(self) -> Entry | None:
        """The entry that takes most bytes on its way, as stored or as loaded."""
        return max(self.entries, key=lambda entry: max(entry.num_bytes, entry.info.num_bytes), default=None)


def make_plan(
    sources: Mapping[str, Source],
    tensors: Mapping[str, TensorInfo],
    device: torch.device,
    dtype: torch.dtype,
    is_laid_out: bool = False,
) -> LoadPlan:
    """Everything on one device in one number format."""
    entries = [Entry(name, source, tensors[source.name], device, dtype) for name, source in sources.items()]
    return LoadPlan(tuple(_in_order(entries)), is_laid_out)


def shape_as_loaded(source: Source, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a stored tensor after it was laid out as its parameter wants it."""
    if source.layout == "transposed":
        return shape[::-1]
    return (shape[0], math.prod(shape[1:])) if source.layout == "convolution" else shape


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    firsts: dict[str, tuple[str, int]] = {}
    for entry in entries:
        place = (str(entry.info.file), entry.info.offset)
        firsts[entry.unit] = min(place, firsts.get(entry.unit, place))
    return sorted(entries, key=lambda e: (firsts[e.unit], e.unit, str(e.info.file), e.info.offset))
