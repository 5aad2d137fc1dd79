"""Fused training on a CPU: the decoder's layers as few products with one pass of C++ between two of them.

What `torch.autograd` would do is written out (`fused_layer.py`, `fused_attention.py`), so that weights are cast once a
step, nothing is copied, and scores stay in the cache. The numbers are those of the plain layers up to bfloat16's
rounding. Needs a C++ compiler.
"""
# Nu and Ng tokens of both streams, N = Nu + Ng, D hidden_size

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..errors import SettingsError
from ..networks.attention import Attend
from ..networks.decoder import DecoderBody
from ..networks.mot import MoTLayer, Streams
from ..networks.rope import Rotary
from ..networks.unified import UnifiedModel
from .attention import BucketedAttention
from .fused_attention import HALF, FusedAttention, Heads
from .fused_layer import FusedLayer, Memory
from .kernels import Kernels


def fuse(model: UnifiedModel) -> None:
    """Give the decoder the fused layers; SettingsError where there is no compiler or no CPU."""
    body = model.language_model.model
    device = body.embed_tokens.weight.device
    if device.type != "cpu":
        raise SettingsError(f"fused training is for a CPU, and the model is on {device}; set fused: false")
    fused = FusedBody(body)
    body.forward = fused.forward  # type: ignore[method-assign]


class FusedBody:
    """The layers of a decoder, with both experts in one row of tokens."""

    def __init__(self, body: DecoderBody) -> None:
        config = body.config
        assert config.use_qk_norm and config.attention_bias
        self.rope = (config.head_dim, config.rope_theta)
        self.heads = Heads(config.num_attention_heads, config.num_key_value_heads, config.head_dim, config.rms_norm_eps)
        sizes = {"HIDDEN": config.hidden_size, "INNER": config.intermediate_size, "HEAD": config.head_dim}
        sizes |= {"HEADS": self.heads.queries, "GROUPS": self.heads.keys}
        self.kernels = Kernels(sizes)
        layers = [layer for layer in body.layers if isinstance(layer, MoTLayer)]
        self.layers = [FusedLayer(layer, self.kernels, config.rms_norm_eps) for layer in layers]
        self.parameters = [parameter for layer in self.layers for parameter in layer.parameters]

    def forward(self, und: Tensor, gen: Tensor | None, positions: Tensor, attend: Attend) -> Streams:
        """As `DecoderBody.forward`, with the attention of a packed batch."""
        assert isinstance(attend, BucketedAttention)
        joined = und if gen is None else torch.cat([und, gen])
        rotary = Rotary.at(positions, *self.rope)
        attention = FusedAttention(self.kernels, self.heads, attend.buckets, rotary, len(und))
        out = ThroughLayers.apply(joined.float(), self.layers, attention, *self.parameters)
        return (out, None) if gen is None else (out[: len(und)], out[len(und) :])


class ThroughLayers(torch.autograd.Function):
    """The stream (N, D) float32 through all layers."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, stream: Tensor, layers: list[FusedLayer], attention: FusedAttention, *_: Tensor
    ) -> Tensor:
        memories: list[Memory] = []
        addend: Tensor | None = None
        with torch.autocast("cpu", enabled=False):
            for layer in layers:
                memory, addend = layer.forward(stream, addend, attention)
                memories.append(memory)
                stream = memory.middle
        ctx.layers, ctx.attention, ctx.memories = layers, attention, memories
        assert addend is not None
        return stream + addend

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        gradient = gradient.clone()  # it is added to in place
        shadow = gradient.to(HALF)
        found: list[Tensor | None] = []
        for layer in reversed(ctx.layers):
            found = [*layer.backward(gradient, shadow, ctx.memories.pop(), ctx.attention), *found]
        return gradient, None, None, *found
