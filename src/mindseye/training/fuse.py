"""Fuses the small operations of a decoder layer for training: norms, casts, gates and rotations around few products.

`torch.compile` writes one loop for what stands between two matrix products; queries, keys and values are one product,
and so are gate and up projection. The numbers are those of the plain layers up to rounding. Needs a C++ compiler.
"""
# N tokens of a stream, D hidden_size, H query heads, G key/value heads, E head_dim

from __future__ import annotations

import shutil
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import SettingsError
from ..networks.mot import MoTLayer, members
from ..networks.unified import UnifiedModel


def project(x: Tensor, norms: list[Tensor], weights: list[Tensor], biases: list[Tensor], eps: float) -> list[Tensor]:
    """(N, D) -> normalised queries and keys side by side (N, H + G, E), and values (N, G, E)."""
    normed = F.rms_norm(x, norms[0].shape, norms[0], eps)
    joint = F.linear(normed, torch.cat(weights), torch.cat(biases))
    head_dim = norms[1].shape[0]
    widths = [weight.shape[0] for weight in weights]
    q, k, v = (part.unflatten(-1, (-1, head_dim)) for part in joint.split(widths, -1))
    q, k = (_normed(part, norm, eps) for part, norm in ((q, norms[1]), (k, norms[2])))
    return [torch.cat([q, k], dim=1), v]


def finish(x: Tensor, seen: Tensor, norm: Tensor, weights: list[Tensor], eps: float) -> Tensor:
    """The stream (N, D) after attention's answer `seen` (N, H * E) and the feed-forward layer."""
    out, gate, up, down = weights
    x = x + F.linear(seen, out)
    joint = F.linear(F.rms_norm(x, norm.shape, norm, eps), torch.cat([gate, up]))
    first, second = joint.chunk(2, -1)
    return x + F.linear(F.silu(first) * second, down)


def _normed(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """As `RMSNorm` does: in float32, scaled by the weight after the cast."""
    y = x.float()
    y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + eps)
    return weight * y.to(x.dtype)


def fuse(model: UnifiedModel) -> None:
    """Give every decoder layer the fused forms; SettingsError where there is no compiler."""
    if not any(map(shutil.which, ("g++", "clang++"))):
        raise SettingsError("fused training needs a C++ compiler (g++ or clang++); install one or set fused: false")
    fast_project = torch.compile(project, dynamic=True)
    fast_finish = torch.compile(finish, dynamic=True)
    for layer in model.language_model.model.layers:
        assert isinstance(layer, MoTLayer)
        layer.experts = {name: FusedExpert(layer, name, fast_project, fast_finish) for name in layer.experts}


class FusedExpert:
    """An expert whose small operations are fused."""

    def __init__(self, layer: MoTLayer, name: str, fast_project: Any, fast_finish: Any) -> None:
        self._layer, self._name = layer, name
        self._project, self._finish = fast_project, fast_finish

    def project(self, x: Tensor) -> tuple[Tensor, Tensor]:
        attention, name = self._layer.self_attn, self._name
        [norm] = members(self._layer, name, "input_layernorm")
        q_norm, k_norm = members(attention, name, "q_norm", "k_norm")
        projections = members(attention, name, "q_proj", "k_proj", "v_proj")
        norms = [norm.weight, q_norm.weight, k_norm.weight]
        weights, biases = [one.weight for one in projections], [one.bias for one in projections]
        qk, v = self._project(x, norms, weights, biases, norm.eps)
        return qk, v

    def finish(self, x: Tensor, seen: Tensor) -> Tensor:
        [o_proj] = members(self._layer.self_attn, self._name, "o_proj")
        norm, mlp = members(self._layer, self._name, "post_attention_layernorm", "mlp")
        weights = [o_proj.weight, mlp.gate_proj.weight, mlp.up_proj.weight, mlp.down_proj.weight]
        return self._finish(x, seen, norm.weight, weights, norm.eps)
