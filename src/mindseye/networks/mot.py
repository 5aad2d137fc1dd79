"""One decoder layer as a mixture of transformers: two experts with weights of their own, one attention.

The `und` expert (plain parameter names) treats texts and ViT features, the `gen` expert (names with
`_moe_gen`) treats latents. Their tokens travel in two streams and meet only in attention.
"""
# N tokens of both streams, Nu and Ng of each, D hidden_size, H query heads, G key/value heads, E head_dim

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import Attend
from .config import DecoderConfig
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
    """Projections of each expert around one attention over all tokens."""

    def __init__(self, config: DecoderConfig, layer: int, experts: tuple[str, ...]) -> None:
        super().__init__()
        self.layer = layer
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

    def forward(self, und: Tensor, gen: Tensor | None, rotary: Rotary, attend: Attend) -> tuple[Tensor, Tensor | None]:
        q, k, v = self._project(und, "")
        if gen is not None:
            q_gen, k_gen, v_gen = self._project(gen, GEN)
            q, k, v = torch.cat([q, q_gen]), torch.cat([k, k_gen]), torch.cat([v, v_gen])
        out = attend(self.layer, rotary.rotate(q), rotary.rotate(k), v)  # (N, H * E)
        if gen is None:
            return self.o_proj(out), None
        num_und = und.shape[0]
        return self.o_proj(out[:num_und]), self.o_proj_moe_gen(out[num_und:])

    def _project(self, x: Tensor, expert: str) -> tuple[Tensor, Tensor, Tensor]:
        part = self._modules
        q = part["q_proj" + expert](x).unflatten(-1, (-1, self.head_dim))  # (Nu or Ng, H, E)
        k = part["k_proj" + expert](x).unflatten(-1, (-1, self.head_dim))
        v = part["v_proj" + expert](x).unflatten(-1, (-1, self.head_dim))
        return part["q_norm" + expert](q), part["k_norm" + expert](k), v


class MoTLayer(nn.Module):
    """Attention and feed-forward of both experts, each behind a norm, each added to its stream."""

    def __init__(self, config: DecoderConfig, layer: int, experts: tuple[str, ...]) -> None:
        super().__init__()
        self.self_attn = MoTAttention(config, layer, experts)
        for expert in experts:
            self.add_module("mlp" + expert, MLP(config))
            self.add_module("input_layernorm" + expert, RMSNorm(config.hidden_size, config.rms_norm_eps))
            self.add_module("post_attention_layernorm" + expert, RMSNorm(config.hidden_size, config.rms_norm_eps))

    def forward(self, und: Tensor, gen: Tensor | None, rotary: Rotary, attend: Attend) -> tuple[Tensor, Tensor | None]:
        normed_gen = None if gen is None else self.input_layernorm_moe_gen(gen)
        out_und, out_gen = self.self_attn(self.input_layernorm(und), normed_gen, rotary, attend)
        und = und + out_und
        und = und + self.mlp(self.post_attention_layernorm(und))
        if gen is None:
            return und, None
        gen = gen + out_gen
        gen = gen + self.mlp_moe_gen(self.post_attention_layernorm_moe_gen(gen))
        return und, gen
