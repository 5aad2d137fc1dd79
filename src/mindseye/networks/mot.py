"""One decoder layer as a mixture of transformers: two experts with weights of their own, one attention.

The `und` expert (plain parameter names) treats texts and ViT features, the `gen` expert (names with
`_moe_gen`) treats latents. Their tokens travel in two streams and meet only in attention.
"""
# N tokens of both streams, Nu and Ng of each, D hidden_size, H query heads, G key/value heads, E head_dim

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import Attend
from .config import DecoderConfig
from .cpu_expert import CpuExpert
from .cpu_layout import can_lay_out_layers, lay_out
from .norm import RMSNorm
from .rope import Rotary

GEN = "_moe_gen"
SMALL = 1 << 20  # numbers in a matrix; where there are fewer, a product of two side by side saves a call worth more
Streams = tuple[Tensor, Tensor | None]


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
            self.add_module("q_proj" + expert, nn.Linear(config.hidden_size, width))
            self.add_module("k_proj" + expert, nn.Linear(config.hidden_size, kv_width))
            self.add_module("v_proj" + expert, nn.Linear(config.hidden_size, kv_width))
            self.add_module("o_proj" + expert, nn.Linear(width, config.hidden_size, bias=False))
            self.add_module("q_norm" + expert, RMSNorm(config.head_dim, config.rms_norm_eps))
            self.add_module("k_norm" + expert, RMSNorm(config.head_dim, config.rms_norm_eps))

    def forward(self, x: Tensor, expert: str) -> tuple[Tensor, Tensor]:
        """(N, D) -> normalised queries and keys side by side (N, H + G, E), and values (N, G, E)."""
        q_proj, k_proj, v_proj = members(self, expert, "q_proj", "k_proj", "v_proj")
        q_norm, k_norm = members(self, expert, "q_norm", "k_norm")
        q, k, v = (project(x).unflatten(-1, (-1, self.head_dim)) for project in (q_proj, k_proj, v_proj))
        return torch.cat([q_norm(q), k_norm(k)], dim=1), v


class MoTLayer(nn.Module):
    """Attention and feed-forward of both experts, each behind a norm, each added to its stream."""

    def __init__(self, config: DecoderConfig, layer: int, experts: tuple[str, ...]) -> None:
        super().__init__()
        self.layer = layer
        self.experts = experts
        self.heads = [config.num_attention_heads, config.num_key_value_heads]
        self.is_small = config.hidden_size * config.intermediate_size < SMALL
        self.cpu_experts: dict[str, CpuExpert] = {}
        self.self_attn = MoTAttention(config, experts)
        for expert in experts:
            self.add_module("mlp" + expert, MLP(config))
            self.add_module("input_layernorm" + expert, RMSNorm(config.hidden_size, config.rms_norm_eps))
            self.add_module("post_attention_layernorm" + expert, RMSNorm(config.hidden_size, config.rms_norm_eps))

    def forward(self, und: Tensor, gen: Tensor | None, rotary: Rotary, attend: Attend) -> Streams:
        qk, v = self._project(und, "")
        if gen is not None:
            qk_gen, v_gen = self._project(gen, GEN)
            qk, v = torch.cat([qk, qk_gen]), torch.cat([v, v_gen])
        q, k = rotary.rotate(qk, v.dtype).split_with_sizes(self.heads, 1)
        seen = attend(self.layer, q, k, v)  # (N, H * E)
        if gen is None:
            return self._finish(und, seen, ""), None
        num_und = und.shape[0]
        return self._finish(und, seen[:num_und], ""), self._finish(gen, seen[num_und:], GEN)

    def _project(self, x: Tensor, expert: str) -> tuple[Tensor, Tensor]:
        if expert in self.cpu_experts:
            return self.cpu_experts[expert].project(x)
        [norm] = members(self, expert, "input_layernorm")
        return self.self_attn(norm(x), expert)

    def _finish(self, x: Tensor, seen: Tensor, expert: str) -> Tensor:
        if expert in self.cpu_experts:
            return self.cpu_experts[expert].finish(x, seen)
        [o_proj] = members(self.self_attn, expert, "o_proj")
        norm, mlp = members(self, expert, "post_attention_layernorm", "mlp")
        x = x + o_proj(seen)
        return x + mlp(norm(x))

    def lay_out(self) -> None:
        """Lay the weights of each expert out for inference, those that multiply the same side by side.

        An expert with a layer that is no plain one any more (quantized, adapted) stays as it is.
        """
        for expert in self.experts:
            [mlp] = members(self, expert, "mlp")
            attention = [[name + expert for name in names] for names in (("q_proj", "k_proj", "v_proj"), ("o_proj",))]
            gates = [["gate_proj", "up_proj"]] if self.is_small else [["gate_proj"], ["up_proj"]]
            feed_forward = [*gates, ["down_proj"]]
            if not can_lay_out_layers(self.self_attn, attention) or not can_lay_out_layers(mlp, feed_forward):
                continue
            norms = members(self, expert, "input_layernorm", "post_attention_layernorm")
            norms += members(self.self_attn, expert, "q_norm", "k_norm")
            self.cpu_experts[expert] = CpuExpert(
                [lay_out(self.self_attn, names) for names in attention],
                [lay_out(mlp, names) for names in feed_forward],
                norms,
                self.heads,
            )


def members(module: nn.Module, expert: str, *names: str) -> list[Any]:
    """What an expert has in `module` under these names."""
    return [getattr(module, name + expert) for name in names]
