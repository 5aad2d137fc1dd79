"""One decoder layer as a mixture of transformers: two experts with weights of their own, one attention.

The `und` expert (plain parameter names) treats texts and ViT features, the `gen` expert (names with
`_moe_gen`) treats latents. Their tokens travel in two streams and meet only in attention.
"""
# N tokens of both streams, Nu and Ng of each, D hidden_size, H query heads, G key/value heads, E head_dim

from __future__ import annotations

from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import Attend
from .config import DecoderConfig
from .interface import Streams
from .norm import RMSNorm
from .rope import Rotary

GEN = "_moe_gen"


class MLP(nn.Module):
    """Gated feed-forward layer of Qwen2."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class MoTAttention(nn.Module):
    """Projections of each expert around the attention that all tokens share."""

    def __init__(self, config: DecoderConfig, experts: tuple[str, ...]) -> None:
        super().__init__()
        self.head_dim = config.head_dim
        width = config.num_attention_heads * config.head_dim
        kv_width = config.num_key_value_heads * config.head_dim
        for expert in experts:
            for name, size in (("q_proj", width), ("k_proj", kv_width), ("v_proj", kv_width)):
                self.add_module(name + expert, nn.Linear(config.hidden_size, size, bias=config.attention_bias))
            self.add_module("o_proj" + expert, nn.Linear(width, config.hidden_size, bias=False))
            for name in ("q_norm", "k_norm"):
                norm = RMSNorm(config.head_dim, config.rms_norm_eps) if config.use_qk_norm else nn.Identity()
                self.add_module(name + expert, norm)

    def forward(self, x: Tensor, expert: str) -> tuple[Tensor, Tensor]:
        """(N, D) -> normalised queries and keys side by side (N, H + G, E), and values (N, G, E)."""
        q_proj, k_proj, v_proj = members(self, expert, "q_proj", "k_proj", "v_proj")
        q_norm, k_norm = members(self, expert, "q_norm", "k_norm")
        q, k, v = (project(x).unflatten(-1, (-1, self.head_dim)) for project in (q_proj, k_proj, v_proj))
        return torch.cat([q_norm(q), k_norm(k)], dim=1), v


class Expert(Protocol):
    """What an expert does with its stream around attention. Who computes it otherwise puts another in its place."""

    def project(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, D) -> normalised queries and keys side by side (N, H + G, E), and values (N, G, E)."""
        ...

    def finish(self, x: Tensor, seen: Tensor) -> Tensor:
        """The stream (N, D) after what attention saw (N, H * E) and after the feed-forward layer."""
        ...


class ModuleExpert:
    """An expert as its modules stand."""

    def __init__(self, layer: MoTLayer, name: str) -> None:
        self._layer = layer
        self._name = name

    def project(self, x: Tensor) -> tuple[Tensor, Tensor]:
        [norm] = members(self._layer, self._name, "input_layernorm")
        return self._layer.self_attn(norm(x), self._name)

    def finish(self, x: Tensor, seen: Tensor) -> Tensor:
        [o_proj] = members(self._layer.self_attn, self._name, "o_proj")
        norm, mlp = members(self._layer, self._name, "post_attention_layernorm", "mlp")
        x = x + o_proj(seen)
        return x + mlp(norm(x))


class MoTLayer(nn.Module):
    """Attention and feed-forward of both experts, each behind a norm, each added to its stream."""

    def __init__(self, config: DecoderConfig, layer: int, experts: tuple[str, ...]) -> None:
        super().__init__()
        self.layer = layer
        self.heads = [config.num_attention_heads, config.num_key_value_heads]
        self.self_attn = MoTAttention(config, experts)
        for expert in experts:
            self.add_module("mlp" + expert, MLP(config))
            self.add_module("input_layernorm" + expert, RMSNorm(config.hidden_size, config.rms_norm_eps))
            self.add_module("post_attention_layernorm" + expert, RMSNorm(config.hidden_size, config.rms_norm_eps))
        self.experts: dict[str, Expert] = {expert: ModuleExpert(self, expert) for expert in experts}

    def forward(self, und: Tensor, gen: Tensor | None, rotary: Rotary, attend: Attend) -> Streams:
        qk, v = self.experts[""].project(und)
        if gen is not None:
            qk_gen, v_gen = self.experts[GEN].project(gen)
            qk, v = torch.cat([qk, qk_gen]), torch.cat([v, v_gen])
        q, k = rotary.rotate(qk, v.dtype).split_with_sizes(self.heads, 1)
        seen = attend(self.layer, q, k, v)  # (N, H * E)
        if gen is None:
            return self.experts[""].finish(und, seen), None
        num_und = und.shape[0]
        return self.experts[""].finish(und, seen[:num_und]), self.experts[GEN].finish(gen, seen[num_und:])


def members(module: nn.Module, expert: str, *names: str) -> list[Any]:
    """What an expert has in `module` under these names."""
    return [getattr(module, name + expert) for name in names]
