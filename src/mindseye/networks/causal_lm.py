"""Language models of the Llama kind: Llama, SmolLM2, Mistral, Qwen2, Qwen3. Names are those of transformers."""
# N tokens, D hidden_size, V vocab_size

from __future__ import annotations

from torch import Tensor, nn

from .attention import Attend
from .config import DecoderConfig
from .decoder import DecoderBody
from .interface import Streams
from .text_network import TextNetwork


class CausalLM(TextNetwork):
    """BAGEL's decoder with the one expert that reads and writes words."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__(config)
        self.config = config
        self.model = DecoderBody(config, ("",))
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def embed_text(self, ids: Tensor) -> Tensor:
        """Token ids (N,) -> (N, D)."""
        return self.model.embed_tokens(ids)

    def forward(self, und: Tensor, gen: Tensor | None, positions: Tensor, attend: Attend) -> Streams:
        """States (N, D) before the final norm, of embeddings (N, D) at `positions` (N,)."""
        return self.model(und, gen, positions, attend)

    def logits(self, states: Tensor) -> Tensor:
        """States (N, D) before the final norm -> scores over words (N, V)."""
        return self.lm_head(self.model.norm(states))
