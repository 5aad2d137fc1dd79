"""Weights laid out for a CPU's matrix kernels, once, when a network is to answer and no longer to learn.

oneDNN multiplies with weights cut into blocks. It cuts a plain matrix again at every product, which for a single
token takes longer than the product itself. Packing changes the layout and nothing else: names in `state_dict()`,
shapes and numbers stay, and no second copy is kept.
"""
# N tokens, D input size, M output size

from __future__ import annotations

from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

# glibc hands freed blocks back to the system and pays a page fault for each page it gets again, until it has seen
# one block of this size freed (its largest "dynamic mmap threshold" is 32 MiB).
KEPT_BLOCK = 31 << 20


class PackedLinear(nn.Module):
    """Linear layers over one input as a single product; their outputs stand side by side."""

    def __init__(self, layers: dict[str, nn.Linear]) -> None:
        """`layers` by the names they had in the module that holds them all."""
        super().__init__()
        self.names = tuple(layers)
        self.sizes = [layer.out_features for layer in layers.values()]
        weights = [layer.weight.detach() for layer in layers.values()]
        biases = [layer.bias.detach() for layer in layers.values() if layer.bias is not None]
        assert len(biases) in (0, len(layers))
        whole = weights[0] if len(weights) == 1 else torch.cat(weights)
        packed = torch.ops.mkldnn._reorder_linear_weight(whole.contiguous(), None)
        self.weight = nn.Parameter(packed, requires_grad=False)  # (M, D), opaque
        self.bias = nn.Parameter(torch.cat(biases), requires_grad=False) if biases else None

    def forward(self, x: Tensor) -> Tensor:  # (N, D) -> (N, M)
        return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], "")

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        holder = prefix[: prefix[:-1].rfind(".") + 1]
        for name, weight in zip(self.names, self.weight.detach().to_dense().split(self.sizes), strict=True):
            destination[f"{holder}{name}.weight"] = weight
        if self.bias is not None:
            for name, bias in zip(self.names, self.bias.detach().split(self.sizes), strict=True):
                destination[f"{holder}{name}.bias"] = bias


def can_pack(weight: Tensor) -> bool:
    """Whether this torch has oneDNN's packed products and is faster with them for this weight."""
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    if weight.dtype == torch.bfloat16:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return weight.dtype == torch.float32


def pack(holder: nn.Module, *names: str, under: str | None = None) -> bool:
    """Replace the linear layers of these names by one packed layer called `under` (the only name, if there is one).

    Returns whether that was done: layers that are no plain `nn.Linear` any more (quantized, adapted) and weights
    that no packed product exists for stay as they are, and so does what is packed already.
    """
    children = dict(holder.named_children())
    layers = {name: children.get(name) for name in names}
    plain = {name: layer for name, layer in layers.items() if _is_plain(layer)}
    if len(plain) < len(names) or not all(can_pack(layer.weight) for layer in plain.values()):
        return False
    packed = PackedLinear(plain)
    for name in names:
        delattr(holder, name)
    holder.add_module(under or names[0], packed)
    return True


def _is_plain(layer: nn.Module | None) -> TypeGuard[nn.Linear]:
    return type(layer) is nn.Linear


def keep_freed_memory() -> None:
    """Teach the C library to keep freed memory for the next pass; without effect where it is not glibc."""
    torch.empty(KEPT_BLOCK, dtype=torch.uint8)
