"""A conversation that is measured: its noise is given, and what the network computes on the way is noted."""
# L latent tokens, Z latent_token_size

from __future__ import annotations

from typing import Any

import PIL.Image
from torch import Tensor

from ..loaded import LoadedModel
from .conversation import Conversation
from .text import Written
from .work import Logits, Story


class WatchedConversation(Conversation):
    """Notes every written token's scores and every picture's clean latent tokens (L, Z)."""

    def __init__(self, loaded: LoadedModel, noise: Tensor | None = None) -> None:
        """`noise` (L, Z) replaces that of the request's seed."""
        super().__init__(loaded)
        self.noise = noise
        self.logits: list[Logits] = []
        self.latents: list[Tensor] = []

    def write(self, *args: Any, **options: Any) -> Story[Written]:
        return (yield from super().write(*args, **{**options, "watch": self.logits.append}))

    def draw(self, *args: Any, **options: Any) -> Story[PIL.Image.Image]:
        return (yield from super().draw(*args, **{"noise": self.noise, **options, "watch": self.latents.append}))
