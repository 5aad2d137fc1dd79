"""The Qwen2 decoder: embeddings, mixture-of-transformers layers, the two final norms and the word head."""
# N tokens in stream order (all und, then all gen), D hidden_size, V vocab_size

from __future__ import annotations

from torch import Tensor, nn

from .attention import Attend
from .config import DecoderConfig
from .interface import Streams
from .mot import GEN, MoTLayer
from .norm import RMSNorm
from .rope import Rotary


class DecoderBody(nn.Module):
    """Token embeddings and layers; the module the checkpoint calls `language_model.model`."""

    layers: nn.ModuleList
    norm: RMSNorm
    norm_moe_gen: RMSNorm

    def __init__(self, config: DecoderConfig, experts: tuple[str, ...]) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(MoTLayer(config, i, experts) for i in range(config.num_hidden_layers))
        for expert in experts:
            self.add_module("norm" + expert, RMSNorm(config.hidden_size, config.rms_norm_eps))

    def forward(self, und: Tensor, gen: Tensor | None, positions: Tensor, attend: Attend) -> Streams:
        """Hidden states before the final norms, same shapes as `und` (Nu, D) and `gen` (Ng, D)."""
        rotary = Rotary.at(positions, self.config.head_dim, self.config.rope_theta)
        for layer in self.layers:
            und, gen = layer(und, gen, rotary, attend)
        return und, gen


class Decoder(nn.Module):
    """The body with its head over words."""

    def __init__(self, config: DecoderConfig, understanding_only: bool = False) -> None:
        super().__init__()
        self.model = DecoderBody(config, ("",) if understanding_only else ("", GEN))
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def forward(self, und: Tensor, gen: Tensor | None, positions: Tensor, attend: Attend) -> Streams:
        """States before the final norms; und (Nu, D), gen (Ng, D) or None, positions (Nu + Ng,) in stream order."""
        return self.model(und, gen, positions, attend)

    def logits(self, states: Tensor) -> Tensor:
        """States (N, D) before the final norm -> scores over words (N, V)."""
        return self.lm_head(self.model.norm(states))
