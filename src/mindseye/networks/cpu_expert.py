"""One expert of a layer in as few operations as it takes: writing a word is many small ones, and each has its price."""
# N tokens, D hidden_size, M intermediate_size, H query heads, G key/value heads, E head_dim

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .cpu_layout import CpuLinear, multiply
from .norm import FewStepNorm, RMSNorm


class CpuExpert:
    """What an expert does before and after attention, with the weights that its layer had when it was packed."""

    def __init__(
        self,
        attention: Sequence[CpuLinear],
        feed_forward: Sequence[CpuLinear],
        norms: Sequence[RMSNorm],
        heads: Sequence[int],
    ) -> None:
        """`attention`: qkv, o. `feed_forward`: gate and up joined or apart, down. `norms`: before attention and
        feed-forward, of queries and keys. `heads`: H, G."""
        self.qkv, self.out = map(_weight_and_bias, attention)
        *self.gate_up, self.down = map(_weight_and_bias, feed_forward)
        self.before, self.between = (FewStepNorm(norm.weight, norm.eps) for norm in norms[:2])
        scales = [norm.weight.expand(n, -1) for norm, n in zip(norms[2:], heads, strict=True)]
        self.of_heads = FewStepNorm(torch.cat(scales), norms[2].eps)  # (H + G, E)
        self.parts = [sum(heads), heads[1]]
        self.shape = (-1, sum(heads) + heads[1], norms[2].weight.shape[0])

    def project(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, D) -> normalised queries and keys side by side (N, H + G, E), float32; values (N, G, E)."""
        qkv = multiply(self.before(x).to(x.dtype), *self.qkv).view(self.shape)
        qk, v = qkv.split_with_sizes(self.parts, 1)
        return self.of_heads(qk), v

    def finish(self, x: Tensor, seen: Tensor) -> Tensor:
        """The stream (N, D) after what attention saw (N, H * E) and after the feed-forward layer."""
        x = x + multiply(seen, *self.out)
        return x + multiply(self._gated(self.between(x).to(x.dtype)), *self.down)

    def _gated(self, x: Tensor) -> Tensor:  # (N, D) -> (N, M)
        if len(self.gate_up) == 1:
            gated, up = multiply(x, *self.gate_up[0]).chunk(2, -1)
            return F.silu(gated).mul_(up)
        gate, upward = self.gate_up
        return multiply(x, *gate, "swish").mul_(multiply(x, *upward))


def _weight_and_bias(layer: CpuLinear) -> tuple[Tensor, Tensor | None]:
    return layer.weight, layer.bias
