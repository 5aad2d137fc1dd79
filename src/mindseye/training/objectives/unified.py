"""Both losses of a unified model from one forward pass: words by cross-entropy, drawings by flow matching."""
# Nt text tokens, L latent tokens, I images in the gen stream, Z latent_token_size, D hidden_size,
# M labelled tokens, F latent tokens that are drawn, V vocab_size

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...inputs.segments import LatentSegment
from ...networks.attention import Attend
from ...networks.interface import LatentGrid, Network
from ...networks.vae import Autoencoder
from ...settings import check_ranges
from ..attention import BucketedAttention
from ..batches import Batch
from ..latents import latents_of
from ..lessons import num_features
from .flow import Noise, Times, draw_noise, squared_errors
from .text import cross_entropies


@dataclass(frozen=True)
class LossSettings:
    """What counts how much, and at which times drawings are learned."""

    ce_weight: float = 1.0
    mse_weight: float = 1.0
    timestep_shift: float = 1.0
    timestep_spread: float = 1.0
    """Both as in `Times`."""
    changed_weight: float = 1.0
    """How many times as much a latent token counts that differs from the picture before, or from most of its own
    picture where there is none before; a drawing as a whole counts the same. Most of a changed picture is copied and
    most of a drawing is ground, so what was asked for is little of its error."""

    def __post_init__(self) -> None:
        check_ranges(self, ce_weight=(0.0, 1e6), mse_weight=(0.0, 1e6), changed_weight=(1.0, 1e3))
        check_ranges(self, timestep_shift=(1e-3, 1e3), timestep_spread=(0.1, 10.0))


@dataclass(frozen=True)
class NetworkInput:
    """A batch as tensors on the model's device."""

    text_ids: Tensor
    """(Nt,)"""
    images: list[Tensor]
    """(C, H, W) pixels of each image that is seen."""
    latents: Tensor
    """(L, Z) clean latent tokens."""
    noise: Noise
    latent_indices: Tensor
    """(L,) places in the latents' position table."""
    latent_lengths: Tensor
    """(I,)"""
    drawn: Tensor
    """(F,) which latent tokens are drawn."""
    positions: Tensor
    """(N,) rotary positions in stream order."""
    attend: Attend
    label_indices: Tensor
    """(M,) which tokens of the und stream predict something."""
    labels: Tensor
    """(M,)"""


@dataclass(frozen=True)
class Errors:
    """Losses before any averaging."""

    ce: Tensor
    """(M,) a word each."""
    mse: Tensor
    """(F, Z) squared errors of the velocity."""


@dataclass(frozen=True)
class UnifiedObjective:
    """Cross-entropy (`ce`) and flow matching (`mse`) of a packed batch."""

    grid: LatentGrid
    autoencoder: Autoencoder
    settings: LossSettings
    device: torch.device

    @property
    def weights(self) -> dict[str, float]:
        return {"ce": self.settings.ce_weight, "mse": self.settings.mse_weight}

    def counts(self, batch: Batch) -> dict[str, int]:
        return {"ce": len(batch.labels), "mse": len(batch.drawn_tokens) * self.grid.token_size}

    def sums(self, model: Network, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        latents = latents_of(batch.latent_images, self.autoencoder, self.grid.patch, self.device)
        shape = (latents.shape[0], latents.shape[1])
        times = Times(self.settings.timestep_shift, self.settings.timestep_spread)
        noise = draw_noise(shape, batch.is_drawn, times, generator).to(self.device)
        errors = errors_of(model, network_input(batch, latents, noise))
        if self.settings.changed_weight == 1.0:
            return {"ce": errors.ce.sum(), "mse": errors.mse.sum()}
        weights = change_weights(batch, latents, self.settings.changed_weight)
        return {"ce": errors.ce.sum(), "mse": (errors.mse * weights[:, None]).sum()}


def change_weights(batch: Batch, latents: Tensor, weight: float) -> Tensor:
    """(F,) what each drawn token counts: up to `weight` times as much where it differs from what it is compared with.

    That is the picture before, else the median of its own tokens. `weight` is reached at a mean squared difference of
    1, the variance of latents. The mean over a drawing is 1.
    """
    images = latents.split([num_features(segment) for segment in batch.latent_images])
    parts = []
    for image, is_drawn, before in zip(images, batch.is_drawn, batch.before, strict=True):
        if is_drawn:
            usual = image.median(0).values if before is None else images[before]
            part = 1 + (weight - 1) * (image - usual).square().mean(-1).clamp(max=1)
            parts.append(part / part.mean())
    return torch.cat(parts) if parts else latents.new_ones(0)


def network_input(batch: Batch, latents: Tensor, noise: Noise) -> NetworkInput:
    """Everything the network needs, on the device of `latents` (L, Z), which are in stream order."""
    device = latents.device
    lengths = [num_features(segment) for segment in batch.latent_images]
    return NetworkInput(
        text_ids=torch.from_numpy(batch.text_ids).to(device),
        images=[segment.pixels for segment in batch.vit_images],
        latents=latents,
        noise=noise,
        latent_indices=_places(batch.latent_images).to(device),
        latent_lengths=torch.tensor(lengths, dtype=torch.int64, device=device),
        drawn=torch.from_numpy(batch.drawn_tokens).to(device),
        positions=torch.from_numpy(batch.positions).to(device),
        attend=BucketedAttention(batch.buckets, device),
        label_indices=torch.from_numpy(batch.label_indices).to(device),
        labels=torch.from_numpy(batch.labels).to(device),
    )


def errors_of(model: Network, given: NetworkInput) -> Errors:
    """One forward pass over a batch."""
    und = model.embed_text(given.text_ids)  # (Nt, D)
    if given.images:
        und = torch.cat([und, *(features.to(und.dtype) for features in model.embed_images(given.images))])
    gen = None
    if len(given.latents):
        x_t = given.noise.mixed_with(given.latents, given.latent_lengths)
        gen = model.embed_latents(x_t, given.noise.t, given.latent_lengths, given.latent_indices)  # (L, D)
    hidden_und, hidden_gen = model(und, gen, given.positions, given.attend)
    logits = model.logits(hidden_und[given.label_indices])  # (M, V)
    ce = cross_entropies(logits, given.labels)
    if hidden_gen is None:
        return Errors(ce, given.latents.new_zeros(0, given.latents.shape[-1]))
    target = given.noise.velocity_from(given.latents)[given.drawn]
    return Errors(ce, squared_errors(model.velocity(hidden_gen[given.drawn]), target))  # (F, Z)


def _places(segments: Sequence[LatentSegment]) -> Tensor:
    parts = [segment.position_indices for segment in segments if segment.position_indices is not None]
    return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.int64)
