"""One expert of a layer in as few operations as it takes: writing a word is many small ones, and each has its price."""
# N tokens, D hidden_size, M intermediate_size, H query heads, G key/value heads, E head_dim

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .cpu_layout import CpuLinear, multiply
from .norm import RMSNorm


class FewStepNorm:
    """The same for answering on a CPU, where each of torch's many steps through `rms_norm` costs as much as its work.

    Root mean square and norm differ by the square root of D, which goes into the weight, as it goes into eps.
    """

    def __init__(self, weight: Tensor, eps: float) -> None:
        """`weight` (..., D): one for all rows, or one a row of the last but one dimension."""
        size = weight.shape[-1]
        self.weight = weight.detach().float() * math.sqrt(size)
        self.floor = torch.tensor(math.sqrt(size * eps), device=weight.device)

    def __call__(self, x: Tensor) -> Tensor:  # (..., D) -> (..., D) float32
        length = torch.linalg.vector_norm(x, 2, -1, True, dtype=torch.float32)
        return (x / torch.hypot(length, self.floor)).mul_(self.weight)


class CpuExpert:
    """What an expert does before and after attention, with the weights that its layer had when it was packed."""

    def __init__(
        self,
        attention: Sequence[CpuLinear],
        feed_forward: Sequence[CpuLinear],
        norms: Sequence[RMSNorm],
        heads: Sequence[int],
        head_dim: int,
    ) -> None:
        """`attention`: qkv, o. `feed_forward`: gate and up joined or apart, down. `norms`: before attention and
        feed-forward; of queries and keys where there are some. `heads`: H, G. `head_dim`: E."""
        self.qkv, self.out = map(_weight_and_bias, attention)
        *self.gate_up, self.down = map(_weight_and_bias, feed_forward)
        self.before, self.between = (FewStepNorm(norm.weight, norm.eps) for norm in norms[:2])
        self.of_heads = _norm_of_heads(norms[2:], heads) if norms[2:] else None
        self.parts = [sum(heads), heads[1]]
        self.shape = (-1, sum(heads) + heads[1], head_dim)

    def project(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, D) -> queries and keys side by side (N, H + G, E), float32 where normalised; values (N, G, E)."""
        qkv = multiply(self.before(x).to(x.dtype), *self.qkv).view(self.shape)
        qk, v = qkv.split_with_sizes(self.parts, 1)
        return self.of_heads(qk) if self.of_heads else qk, v

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


def _norm_of_heads(norms: Sequence[RMSNorm], heads: Sequence[int]) -> FewStepNorm:
    scales = [norm.weight.expand(n, -1) for norm, n in zip(norms, heads, strict=True)]
    return FewStepNorm(torch.cat(scales), norms[0].eps)  # (H + G, E)


def _weight_and_bias(layer: CpuLinear) -> tuple[Tensor, Tensor | None]:
    return layer.weight, layer.bias
