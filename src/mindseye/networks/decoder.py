"""The Qwen2 decoder: embeddings, mixture-of-transformers layers, the two final norms and the word head."""
# N tokens in stream order (all und, then all gen), D hidden_size, V vocab_size

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from .attention import Attend
from .config import DecoderConfig
from .cpu_layout import CpuLinear, can_lay_out_layers, keep_freed_memory, lay_out
from .mot import GEN, MoTLayer, Streams
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

    def normalise(self, und: Tensor, gen: Tensor | None) -> Streams:
        """The final norm of each expert."""
        return self.norm(und), None if gen is None else self.norm_moe_gen(gen)


class Decoder(nn.Module):
    """The body with its head over words."""

    def __init__(self, config: DecoderConfig, understanding_only: bool = False) -> None:
        super().__init__()
        self.model = DecoderBody(config, ("",) if understanding_only else ("", GEN))
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def forward(self, und: Tensor, gen: Tensor | None, positions: Tensor, attend: Attend) -> Streams:
        """Hidden states after the final norms.

        und (Nu, D), gen (Ng, D) or None, positions (Nu + Ng,) rotary positions in stream order.
        """
        return self.model.normalise(*self.model(und, gen, positions, attend))

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        """What `.to()` and its kin do; refused before anything is touched where a part is packed."""
        packed = next((module for module in self.modules() if isinstance(module, CpuLinear)), None)
        return packed.refuse() if packed else super()._apply(fn, recurse)

    def prepare_for_inference(self) -> None:
        """Lay the weights out for answering; numbers stay the same.

        Afterwards the decoder cannot be trained, moved, converted or copied, and changes of its weights are not seen.
        Where there is nothing to gain (no CPU, another number format) nothing happens.
        """
        keep_freed_memory()
        for module in self.model.layers:
            assert isinstance(module, MoTLayer)
            module.lay_out()
        is_tied = self.lm_head.weight is self.model.embed_tokens.weight
        if not is_tied and can_lay_out_layers(self, [["lm_head"]]):
            lay_out(self, ["lm_head"])
