"""What a running request asks of the engine, as plain data.

A request is a Python generator: it yields work, sleeps, and is woken with the result. So each reads like a story
of one request, while the engine puts the work of all of them into one forward pass.
"""
# T new tokens, L latent tokens, Z latent_token_size, V vocab_size, D hidden_size

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from torch import Tensor

from ..events import Event
from ..inputs.segments import VitSegment
from ..networks.kv_cache import DrawingCache, KVCache

Wants = Literal["nothing", "logits", "velocity", "states"]


@dataclass(frozen=True)
class Latents:
    """Latent tokens (L, Z) at time t and their position indices (L,)."""

    tokens: Tensor
    t: float
    position_indices: Tensor


@dataclass(frozen=True)
class Feed:
    """What one sequence adds to the next forward pass, and what it wants back.

    `ids` are a text's tokens, or the two marks around `vit` or `latents`. It gets None, `Logits` of its last
    token, the velocity (L, Z), or the gen stream's states before the final norm (L, D).
    """

    cache: KVCache | DrawingCache
    position: int
    ids: tuple[int, ...]
    vit: VitSegment | None = None
    latents: Latents | None = None
    is_causal: bool = False
    wants: Wants = "nothing"
    capacity: int = 0

    @property
    def num_und(self) -> int:
        return len(self.ids) + (self.vit.patches.shape[0] if self.vit else 0)

    @property
    def num_gen(self) -> int:
        return self.latents.tokens.shape[0] if self.latents else 0

    @property
    def num_tokens(self) -> int:
        return self.num_und + self.num_gen


@dataclass(frozen=True)
class Logits:
    """Scores over words (V,) and the likeliest of them."""

    scores: Tensor
    best: int


@dataclass(frozen=True)
class Encode:
    """Pixels (3, H, W) in -1..1 wanted as latents (z, h, w)."""

    pixels: Tensor


@dataclass(frozen=True)
class Decode:
    """Latents (z, h, w) wanted as pixels (3, H, W)."""

    latent: Tensor


Work = list[Feed] | Encode | Decode
Result = TypeVar("Result")
Story = Generator[Work | Event, Any, Result]
