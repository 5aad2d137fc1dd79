"""A family in a page: a language model of one attention layer, whose words are also its queries, keys and values."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from mindseye.checkpoints.configs import FoundConfig
from mindseye.checkpoints.families import Family, Folder
from mindseye.networks.attention import Attend
from mindseye.networks.interface import Streams
from mindseye.networks.text_network import TextNetwork


@dataclass(frozen=True)
class ToyConfig:
    vocab_size: int
    hidden_size: int
    num_hidden_layers: int = 1
    num_key_value_heads: int = 1
    max_position_embeddings: int = 256

    @property
    def head_dim(self) -> int:
        return self.hidden_size

    @property
    def weights_per_token(self) -> int:
        return self.hidden_size


class ToyNetwork(TextNetwork):
    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.words = nn.Embedding(config.vocab_size, config.hidden_size)

    def embed_text(self, ids: Tensor) -> Tensor:
        return self.words(ids)

    def forward(self, und: Tensor, gen: Tensor | None, positions: Tensor, attend: Attend) -> Streams:
        return und + attend(0, und[:, None], und[:, None], und[:, None]), gen

    def logits(self, states: Tensor) -> Tensor:
        return F.linear(states, self.words.weight)


class Toy(Family):
    name = "toy"
    model_types = ("toy",)

    def read_config(self, folder: Folder) -> FoundConfig:
        return FoundConfig(ToyConfig(folder.said["vocab_size"], folder.said["hidden_size"]))

    def build(self, config: ToyConfig, understanding_only: bool) -> ToyNetwork:
        return ToyNetwork(config)
