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
from .norm import RMSNorm
from .packing import pack
from .rope import Rotary

GEN = "_moe_gen"
Streams = tuple[Tensor, Tensor | None]


class MLP(nn.Module):
    """Gated feed-forward layer of Qwen2."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        joint = self._modules.get("gate_up_proj")
        gate, up = (self.gate_proj(x), self.up_proj(x)) if joint is None else joint(x).chunk(2, dim=-1)
        return self.down_proj(F.silu(gate) * up)

    def pack(self) -> None:
        """Lay the weights out for inference, those of gate and up as one."""
        pack(self, "gate_proj", "up_proj", under="gate_up_proj")
        pack(self, "down_proj")


class MoTAttention(nn.Module):
    """Projections of each expert around one attention over all tokens."""

    o_proj: nn.Linear
    o_proj_moe_gen: nn.Linear

    def __init__(self, config: DecoderConfig, layer: int, experts: tuple[str, ...]) -> None:
        super().__init__()
        self.layer = layer
        self.experts = experts
        self.head_dim = config.head_dim
        self.heads = [config.num_attention_heads, config.num_key_value_heads]
        width, kv_width = (heads * config.head_dim for heads in self.heads)
        for expert in experts:
            self.add_module("q_proj" + expert, nn.Linear(config.hidden_size, width))
            self.add_module("k_proj" + expert, nn.Linear(config.hidden_size, kv_width))
            self.add_module("v_proj" + expert, nn.Linear(config.hidden_size, kv_width))
            self.add_module("o_proj" + expert, nn.Linear(width, config.hidden_size, bias=False))
            self.add_module("q_norm" + expert, RMSNorm(config.head_dim, config.rms_norm_eps))
            self.add_module("k_norm" + expert, RMSNorm(config.head_dim, config.rms_norm_eps))

    def forward(self, und: Tensor, gen: Tensor | None, rotary: Rotary, attend: Attend) -> Streams:
        qk, v = self._project(und, "")
        if gen is not None:
            qk_gen, v_gen = self._project(gen, GEN)
            qk, v = torch.cat([qk, qk_gen]), torch.cat([v, v_gen])
        q, k = rotary.rotate(qk, v.dtype).split(self.heads, dim=1)
        out = attend(self.layer, q, k, v)  # (N, H * E)
        if gen is None:
            return self.o_proj(out), None
        num_und = und.shape[0]
        return self.o_proj(out[:num_und]), self.o_proj_moe_gen(out[num_und:])

    def _project(self, x: Tensor, expert: str) -> tuple[Tensor, Tensor]:
        """Normalised queries and keys side by side (Nu or Ng, H + G, E), and values (Nu or Ng, G, E)."""
        q_norm, k_norm = self._of(expert, "q_norm", "k_norm")
        joint = self._modules.get("qkv_proj" + expert)
        if joint is not None:
            qkv = joint(x).unflatten(-1, (-1, self.head_dim))  # (N, H + G + G, E)
            qk, v = qkv.split_with_sizes([sum(self.heads), self.heads[1]], dim=1)
            normed = F.rms_norm(qk.float(), (self.head_dim,), None, q_norm.eps)
            return normed.mul_(getattr(self, "qk_scale" + expert)), v
        projections = self._of(expert, "q_proj", "k_proj", "v_proj")
        q, k, v = (project(x).unflatten(-1, (-1, self.head_dim)) for project in projections)
        return torch.cat([q_norm(q), k_norm(k)], dim=1), v

    def _of(self, expert: str, *names: str) -> list[Any]:
        return [getattr(self, name + expert) for name in names]

    def pack(self) -> None:
        """Lay the weights out for inference, those of queries, keys and values as one."""
        for expert in self.experts:
            pack(self, "o_proj" + expert)
            if pack(self, "q_proj" + expert, "k_proj" + expert, "v_proj" + expert, under="qkv_proj" + expert):
                norms = zip(self._of(expert, "q_norm", "k_norm"), self.heads, strict=True)
                scales = [norm.weight.float().expand(num_heads, -1) for norm, num_heads in norms]
                self.register_buffer("qk_scale" + expert, torch.cat(scales).detach(), persistent=False)  # (H + G, E)


class MoTLayer(nn.Module):
    """Attention and feed-forward of both experts, each behind a norm, each added to its stream."""

    mlp: MLP
    mlp_moe_gen: MLP
    input_layernorm: RMSNorm
    input_layernorm_moe_gen: RMSNorm
    post_attention_layernorm: RMSNorm
    post_attention_layernorm_moe_gen: RMSNorm

    def __init__(self, config: DecoderConfig, layer: int, experts: tuple[str, ...]) -> None:
        super().__init__()
        self.experts = experts
        self.self_attn = MoTAttention(config, layer, experts)
        for expert in experts:
            self.add_module("mlp" + expert, MLP(config))
            self.add_module("input_layernorm" + expert, RMSNorm(config.hidden_size, config.rms_norm_eps))
            self.add_module("post_attention_layernorm" + expert, RMSNorm(config.hidden_size, config.rms_norm_eps))

    def forward(self, und: Tensor, gen: Tensor | None, rotary: Rotary, attend: Attend) -> Streams:
        normed_gen = None if gen is None else self.input_layernorm_moe_gen(gen)
        out_und, out_gen = self.self_attn(self.input_layernorm(und), normed_gen, rotary, attend)
        und = und + out_und
        und = und + self.mlp(self.post_attention_layernorm(und))
        if gen is None:
            return und, None
        gen = gen + out_gen
        gen = gen + self.mlp_moe_gen(self.post_attention_layernorm_moe_gen(gen))
        return und, gen

    def pack(self) -> None:
        """Lay the weights out for inference."""
        self.self_attn.pack()
        self.mlp.pack()
        if GEN in self.experts:
            self.mlp_moe_gen.pack()
