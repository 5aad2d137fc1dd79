"""Weights laid out for a CPU's matrix kernels, once, when a network is to answer and no longer to learn.

oneDNN multiplies with weights cut into blocks. It cuts a plain matrix again at every product, which for a single
token takes longer than the product itself. Packing changes the layout and nothing else: names in `state_dict()`,
shapes and numbers stay, and no second copy is kept, but of a table of words that is the head over words too.
"""
# N tokens, D input size, M output size

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import MindseyeError

# glibc hands freed blocks back to the system and pays a page fault for each page it gets again, until it has seen
# one block of this size freed (its largest "dynamic mmap threshold" is 32 MiB).
KEPT_BLOCK = 31 << 20
FIXED = (
    "this network is laid out for answering on this CPU and can no longer be moved, converted, copied or refilled; "
    "load the model again with the device and dtype that are wanted"
)


class CpuLinear(nn.Module):
    """Linear layers over one input as a single product; their outputs stand side by side."""

    def __init__(self, layers: dict[str, nn.Linear], are_shared: bool = False) -> None:
        """`layers` by the names they had in the module that holds them all; `are_shared`: others need their weights
        as they are, so those stay."""
        super().__init__()
        self.names = tuple(layers)
        self.order: tuple[str, ...] = ()
        self.learns = [layer.weight.requires_grad for layer in layers.values()]
        self.sizes = [layer.out_features for layer in layers.values()]
        self.shared = [layer.weight for layer in layers.values()] if are_shared else []
        weights = [layer.weight.detach() for layer in layers.values()]
        biases = [layer.bias.detach() for layer in layers.values() if layer.bias is not None]
        assert len(biases) in (0, len(layers))
        whole = weights[0] if len(weights) == 1 else torch.cat(weights)
        packed = torch.ops.mkldnn._reorder_linear_weight(whole.contiguous(), None)
        self.weight = nn.Parameter(packed, requires_grad=False)  # (M, D), opaque
        self.bias = nn.Parameter(torch.cat(biases), requires_grad=False) if biases else None

    def forward(self, x: Tensor) -> Tensor:  # (N, D) -> (N, M)
        return multiply(x, self.weight, self.bias)

    @staticmethod
    def refuse(*_: Any, **__: Any) -> Any:
        """There is no way to move, convert, copy, pickle or refill what is packed."""
        raise MindseyeError(FIXED)

    _apply = __deepcopy__ = __reduce_ex__ = _load_from_state_dict = refuse  # type: ignore[assignment]

    def plain_weights(self) -> Sequence[Tensor]:
        """The weights as they were before, one after the other."""
        return self.shared or self.weight.detach().to_dense().split(self.sizes)

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        holder = prefix[: prefix[:-1].rfind(".") + 1]
        for name, weight in zip(self.names, self.plain_weights(), strict=True):
            destination[f"{holder}{name}.weight"] = weight.detach()
        if self.bias is not None:
            for name, bias in zip(self.names, self.bias.detach().split(self.sizes), strict=True):
                destination[f"{holder}{name}.bias"] = bias


def multiply(x: Tensor, weight: Tensor, bias: Tensor | None, then: str = "none") -> Tensor:
    """x (N, D) by a packed weight (M, D) -> (N, M), with one of oneDNN's activations ("swish" is SiLU)."""
    return torch.ops.mkldnn._linear_pointwise.default(x, weight, bias, then, [], "")


def can_lay_out(weight: Tensor) -> bool:
    """Whether this torch has oneDNN's packed products and is faster with them for this weight."""
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    if weight.dtype == torch.bfloat16:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return weight.dtype == torch.float32


def can_lay_out_layers(holder: nn.Module, groups: Iterable[Sequence[str]]) -> bool:
    """Whether these are plain linear layers; those that are quantized, adapted or packed already are not."""
    layers = [holder._modules.get(name) for names in groups for name in names]
    return all(type(layer) is nn.Linear and can_lay_out(layer.weight) for layer in layers)


def pack(holder: nn.Module, names: Sequence[str], are_shared: bool = False) -> CpuLinear:
    """Replace linear layers by a packed one, for a single product of all that share their input."""
    packed = CpuLinear({name: getattr(holder, name) for name in names}, are_shared).train(holder.training)
    packed.order = tuple(holder._modules)
    for name in names:
        delattr(holder, name)
    holder.add_module("_and_".join(names), packed)
    return packed


def unpack(holder: nn.Module, name: str) -> None:
    """Put the plain linear layers back that a packed one stands for."""
    packed = getattr(holder, name)
    assert isinstance(packed, CpuLinear)
    delattr(holder, name)
    weights = packed.plain_weights()
    biases = [None] * len(weights) if packed.bias is None else packed.bias.detach().split(packed.sizes)
    for each, weight, bias, learns in zip(packed.names, weights, biases, packed.learns, strict=True):
        layer = nn.Linear(weight.shape[1], weight.shape[0], bias is not None, device="meta").train(holder.training)
        is_shared = isinstance(weight, nn.Parameter)
        layer.weight = weight if is_shared else nn.Parameter(weight.clone(), requires_grad=learns)
        kept = None if bias is None else nn.Parameter(bias.clone(), requires_grad=learns)
        layer.register_parameter("bias", kept)
        holder.add_module(each, layer)
    for each in packed.order:  # as they stood before, so that optimizers find them
        if each in holder._modules:
            holder._modules[each] = holder._modules.pop(each)


def keep_freed_memory() -> None:
    """Teach the C library to keep freed memory for the next pass; without effect where it is not glibc."""
    torch.empty(KEPT_BLOCK, dtype=torch.uint8)
