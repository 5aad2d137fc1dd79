"""Drawings by flow matching: the velocity from data to noise at a random time between them."""
# L latent tokens, Z latent_token_size, I images, F latent tokens that are drawn

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Noise:
    """What chance adds to the latents of a batch."""

    noise: Tensor
    """(L, Z); used where an image is drawn."""
    t: Tensor
    """(I,) a time an image, 0 for clean ones."""

    def to(self, device: torch.device) -> Noise:
        """The same on a device."""
        return Noise(self.noise.to(device), self.t.to(device))

    def mixed_with(self, latents: Tensor, lengths: Tensor) -> Tensor:
        """(L, Z) x_t: latents (L, Z) of images with `lengths` (I,) tokens, each mixed with noise at its time."""
        t = self.t.repeat_interleave(lengths, output_size=len(latents))[:, None]  # (L, 1)
        return (1 - t) * latents + t * self.noise

    def velocity_from(self, latents: Tensor) -> Tensor:
        """(L, Z) what the network must predict."""
        return self.noise - latents


@dataclass(frozen=True)
class Times:
    """How often each time between data (0) and noise (1) is learnt."""

    shift: float = 1.0
    """Above 1: more of the noisy end."""
    spread: float = 1.0
    """Above 1: more of both ends; 1.7 is nearly even. At 1 one time in 600 lies above 0.95, where drawing begins."""


def draw_noise(shape: tuple[int, int], is_drawn: Sequence[bool], times: Times, generator: torch.Generator) -> Noise:
    """Noise of shape (L, Z) and times (I,): a shifted sigmoid of a normal draw for each drawn image, 0 for others."""
    noise = torch.randn(shape, generator=generator)
    raw = times.spread * torch.randn(len(is_drawn), generator=generator)
    is_clean = ~torch.tensor(is_drawn, dtype=torch.bool)
    return Noise(noise, shifted_times(raw.masked_fill(is_clean, float("-inf")), times.shift))


def shifted_times(raw: Tensor, shift: float) -> Tensor:
    """Times in 0..1 of unbounded draws; minus infinity is time 0. `shift` above 1: more of the noisy end."""
    t = raw.sigmoid()
    return shift * t / (1 + (shift - 1) * t)


def squared_errors(v_t: Tensor, target: Tensor) -> Tensor:
    """Predicted and true velocity (F, Z) -> (F, Z) float32."""
    return (v_t.float() - target).square()
