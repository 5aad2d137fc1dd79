"""GPT-2 and its distilled child: learned positions, layer norms with biases, one head that is the embedding table.

Names are those of transformers, without its leading "transformer.".
"""
# N tokens, D hidden_size, H heads, E head_dim, V vocab_size

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from .attention import Attend
from .interface import Streams
from .text_network import TextNetwork


@dataclass(frozen=True)
class Gpt2Config:
    """Sizes of GPT-2; in its own config.json n_embd, n_layer, n_head, n_positions, n_inner."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    max_position_embeddings: int = 1024
    layer_norm_eps: float = 1e-5

    @property
    def num_key_value_heads(self) -> int:
        return self.num_attention_heads

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_attention_heads

    @property
    def weights_per_token(self) -> int:
        """Weights of all layers that one token is multiplied with, roughly."""
        return self.num_hidden_layers * self.hidden_size * (4 * self.hidden_size + 2 * self.intermediate_size)


class Gpt2Attention(nn.Module):
    def __init__(self, config: Gpt2Config, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.num_heads = config.num_attention_heads
        self.c_attn = nn.Linear(config.hidden_size, 3 * config.hidden_size)
        self.c_proj = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, x: Tensor, attend: Attend) -> Tensor:
        q, k, v = self.c_attn(x).unflatten(-1, (3, self.num_heads, -1)).unbind(1)  # (N, H, E) each
        return self.c_proj(attend(self.layer, q, k, v))


class Gpt2MLP(nn.Module):
    def __init__(self, config: Gpt2Config) -> None:
        super().__init__()
        self.c_fc = nn.Linear(config.hidden_size, config.intermediate_size)
        self.c_proj = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Gpt2Layer(nn.Module):
    def __init__(self, config: Gpt2Config, layer: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.attn = Gpt2Attention(config, layer)
        self.ln_2 = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)
        self.mlp = Gpt2MLP(config)

    def forward(self, x: Tensor, attend: Attend) -> Tensor:
        x = x + self.attn(self.ln_1(x), attend)
        return x + self.mlp(self.ln_2(x))


class Gpt2(TextNetwork):
    """The whole language model."""

    def __init__(self, config: Gpt2Config) -> None:
        super().__init__(config)
        self.config = config
        self.wte = nn.Embedding(config.vocab_size, config.hidden_size)
        self.wpe = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.h = nn.ModuleList(Gpt2Layer(config, i) for i in range(config.num_hidden_layers))
        self.ln_f = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def embed_text(self, ids: Tensor) -> Tensor:
        """Token ids (N,) -> (N, D)."""
        return self.wte(ids)

    def forward(self, und: Tensor, gen: Tensor | None, positions: Tensor, attend: Attend) -> Streams:
        """States (N, D) before the final norm, of embeddings (N, D) at `positions` (N,)."""
        x = und + self.wpe(positions)
        for layer in self.h:
            x = layer(x, attend)
        return x, gen

    def logits(self, states: Tensor) -> Tensor:
        """States (N, D) before the final norm -> scores over words (N, V)."""
        return F.linear(self.ln_f(states), self.wte.weight)
