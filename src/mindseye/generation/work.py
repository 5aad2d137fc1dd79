"""What a running request asks of the engine, as plain data.

A request is a Python generator: it yields work, sleeps, and is woken with the result. So each reads like a story
of one request, while the engine puts the work of all of them into one forward pass.
"""
# T new tokens, L latent tokens, Z latent_token_size, V vocab_size, D hidden_size

from __future__ import annotations

from collections.abc import Collection, Generator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor

from ..events import Event, TokenLogprob
from ..inputs.segments import VitSegment
from ..networks.kv_cache import Growing
from ..params import TextParams

Wants = Literal["nothing", "logits", "velocity", "states"]


@dataclass(frozen=True)
class Latents:
    """Latent tokens (L, Z) at time t and their position indices (L,)."""

    tokens: Tensor
    t: float
    position_indices: Tensor


@dataclass(frozen=True)
class Choice:
    """How the next token is chosen: params, the request's own CPU generator, and the ids that count as said."""

    params: TextParams
    generator: torch.Generator
    said: Collection[int] = ()

    @cached_property
    def is_plain(self) -> bool:
        """Whether the likeliest token is the choice and nothing is told of the others."""
        params = self.params
        is_adjusted = params.repetition_penalty != 1 or params.token_bias
        return params.temperature == 0 and not is_adjusted and params.logprobs is None


@dataclass(frozen=True)
class Feed:
    """What one sequence adds to the next forward pass, and what it wants back.

    `ids` are a text's tokens, or the marks around `vit` or `latents`. It gets None, `Logits` of its last
    token, the velocity (L, Z), or the gen stream's states before the final norm (L, D).
    """

    cache: Growing
    position: int
    ids: tuple[int, ...]
    vit: VitSegment | None = None
    latents: Latents | None = None
    is_causal: bool = False
    wants: Wants = "nothing"
    capacity: int = 0
    choice: Choice | None = None

    @property
    def num_und(self) -> int:
        return len(self.ids) + (self.vit.num_tokens if self.vit else 0)

    @property
    def num_gen(self) -> int:
        return self.latents.tokens.shape[0] if self.latents else 0

    @property
    def num_tokens(self) -> int:
        return self.num_und + self.num_gen

    @property
    def can_split(self) -> bool:
        """Whether it may pass in pieces: a text may, an image's tokens must see each other."""
        return self.is_causal and self.vit is None

    def split(self, num_tokens: int) -> tuple[Feed, Feed]:
        """The first `num_tokens` tokens of a text, which want nothing, and the rest."""
        assert self.can_split
        capacity = max(self.capacity, self.num_tokens)
        first = replace(self, ids=self.ids[:num_tokens], wants="nothing", capacity=capacity, choice=None)
        rest = replace(self, ids=self.ids[num_tokens:], position=self.position + num_tokens)
        return first, rest


@dataclass(frozen=True)
class Logits:
    """Scores over words (V,), the likeliest of them, and the one that was chosen if a choice was asked for."""

    scores: Tensor
    best: int
    chosen: int = -1
    logprob: TokenLogprob | None = None


@dataclass(frozen=True)
class Encode:
    """Pixels (3, H, W) in -1..1 wanted as latents (z, h, w)."""

    pixels: Tensor


@dataclass(frozen=True)
class Decode:
    """Latents (z, h, w) wanted as pixels (3, H, W)."""

    latent: Tensor


@dataclass(frozen=True)
class Wait:
    """Nothing is wanted for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Tally:
    """Not work: something to add to one of the request's counts in `TurnEnd`."""

    name: str
    number: int


@dataclass(frozen=True)
class Look:
    """A few numbers of a tensor on the network's device, wanted on the host."""

    numbers: Tensor


Work = list[Feed] | Encode | Decode | Wait | Look
Result = TypeVar("Result")
Story = Generator[Work | Event | Tally, Any, Result]
