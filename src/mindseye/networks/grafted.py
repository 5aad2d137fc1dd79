"""A language model with eyes: a vision tower, a projector, and the choice of tokens that an image becomes."""
# B images, C channels, S side in px, P features of an image, F width of a feature, T tokens of an image, N tokens,
# D hidden_size of the language model, V vocab_size

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from .attention import Attend
from .causal_lm import CausalLM
from .config import DecoderConfig
from .gpt2 import Gpt2, Gpt2Config
from .image_tokens import ImageTokens
from .interface import Streams
from .projector import ProjectorConfig
from .text_network import TextNetwork
from .towers import EfficientNetLite0, Tower, TowerConfig, VitTower, VitTowerConfig

TEMPERATURE = 0.07  # of the comparison, before it has learnt its own


@dataclass(frozen=True)
class GraftedConfig:
    """Its parts, as they were apart, and what joins them."""

    language: DecoderConfig | Gpt2Config
    tower: TowerConfig
    projector: ProjectorConfig = field(default_factory=ProjectorConfig)
    image_tokens: ImageTokens = field(default_factory=lambda: ImageTokens("patches"))
    has_contrastive_head: bool = False
    """Whether it also compares images with texts."""

    def __post_init__(self) -> None:
        self.image_tokens.check(self.tower.grid)

    @property
    def vocab_size(self) -> int:
        return self.language.vocab_size

    @property
    def num_image_tokens(self) -> int:
        """Tokens that an image becomes."""
        return self.projector.count(self.image_tokens.count(self.tower.num_features))


class ContrastiveHead(nn.Module):
    """What stands for an image in a text that is compared with images, and how sharply they are compared."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.placeholder = nn.Parameter(torch.zeros(hidden_size))
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / TEMPERATURE)))


class Grafted(TextNetwork):
    """Reads words and sees images."""

    def __init__(self, config: GraftedConfig) -> None:
        super().__init__(config.language)
        self.config = config
        self.language_model = language_model(config.language)
        self.vision_tower = tower(config.tower)
        width = config.image_tokens.width(config.tower.width)
        self.projector = config.projector.build(width, config.language.hidden_size)
        self.contrastive = ContrastiveHead(config.language.hidden_size) if config.has_contrastive_head else None

    def place(self, device: torch.device, dtype: torch.dtype) -> None:
        """Say where it computes, its language model included."""
        super().place(device, dtype)
        self.language_model.place(device, dtype)

    def embed_text(self, ids: Tensor) -> Tensor:
        """Token ids (N,) -> (N, D)."""
        return self.language_model.embed_text(ids)

    def embed_images(self, images: Sequence[Tensor]) -> Sequence[Tensor]:
        """Pixels (C, S, S) of each image, as its image processor made them, or its features (P, F), as `see` gives
        them -> its tokens (T, D)."""
        given = torch.stack(list(images)).to(self.device)
        features = self.see(given.to(self.dtype)) if given.dim() == 4 else given
        return list(self.project(features.to(self.dtype)).to(self.dtype))

    def see(self, pixels: Tensor) -> Tensor:
        """Pixels (B, C, S, S) -> features (B, P, F)."""
        return self.vision_tower(pixels)

    def project(self, features: Tensor) -> Tensor:
        """Features (B, P, F) -> image tokens (B, T, D)."""
        return self.projector(self.config.image_tokens(features))

    def forward(self, und: Tensor, gen: Tensor | None, positions: Tensor, attend: Attend) -> Streams:
        """States (N, D) before the final norm, of embeddings (N, D) at `positions` (N,)."""
        return self.language_model(und, gen, positions, attend)

    def logits(self, states: Tensor) -> Tensor:
        """States (N, D) before the final norm -> scores over words (N, V)."""
        return self.language_model.logits(states)


def language_model(config: DecoderConfig | Gpt2Config) -> CausalLM | Gpt2:
    """The language model of these sizes."""
    return Gpt2(config) if isinstance(config, Gpt2Config) else CausalLM(config)


def tower(config: TowerConfig) -> Tower:
    """The vision tower of these sizes."""
    return VitTower(config) if isinstance(config, VitTowerConfig) else EfficientNetLite0(config)
