"""From a packed batch and its pixels to the loss: words by cross-entropy, drawings by flow matching."""
# Nt text tokens, P patches, L latent tokens, I images in the gen stream, Z latent_token_size, D hidden_size,
# M labelled tokens, F latent tokens that are drawn

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..networks.attention import Attend
from ..networks.unified import UnifiedModel
from .attention import BucketedAttention
from .batches import Batch, grid_indices
from .plans import ImageSegment


@dataclass(frozen=True)
class LossSettings:
    """What counts how much, and at which times drawings are learned."""

    ce_weight: float = 1.0
    mse_weight: float = 1.0
    timestep_shift: float = 1.0
    """Above 1: more of the noisy end."""


@dataclass(frozen=True)
class NetworkInput:
    """A batch as tensors on the model's device."""

    text_ids: Tensor
    """(Nt,)"""
    patches: Tensor
    """(P, patch_size**2 * 3)"""
    patch_indices: Tensor
    """(P,) places in the ViT's position table."""
    patch_lengths: list[int]
    latents: Tensor
    """(L, Z) clean latent tokens."""
    noise: Tensor
    """(L, Z); used where an image is drawn."""
    t: Tensor
    """(I,) a time an image, 0 for clean ones."""
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
    """(M,) which text tokens predict something."""
    labels: Tensor
    """(M,)"""


@dataclass(frozen=True)
class Losses:
    """Losses before any averaging."""

    ce: Tensor
    """(M,) a word each."""
    mse: Tensor
    """(F, Z) squared errors of the velocity."""

    def total(self, settings: LossSettings) -> Tensor:
        """The weighted sum of both means; a part that a batch lacks counts nothing."""
        ce = self.ce.mean() if len(self.ce) else self.ce.sum()
        mse = self.mse.mean() if len(self.mse) else self.mse.sum()
        return settings.ce_weight * ce + settings.mse_weight * mse


def draw_times(drawn: Sequence[bool], shift: float, generator: torch.Generator) -> Tensor:
    """(I,) times in 0..1: a shifted sigmoid of a normal draw for each drawn image, 0 for clean ones."""
    raw = torch.randn(len(drawn), generator=generator)
    return shifted_times(raw.masked_fill(~torch.tensor(drawn, dtype=torch.bool), float("-inf")), shift)


def shifted_times(raw: Tensor, shift: float) -> Tensor:
    """Times of unbounded draws; minus infinity is time 0."""
    t = raw.sigmoid()
    return shift * t / (1 + (shift - 1) * t)


def to_network_input(
    batch: Batch, model: UnifiedModel, patches: Tensor, latents: Tensor, noise: Tensor, t: Tensor
) -> NetworkInput:
    """Everything the network needs; `patches` (P, ...), `latents` and `noise` (L, Z), `t` (I,) in stream order."""
    config, device = model.config, latents.device
    return NetworkInput(
        text_ids=torch.from_numpy(batch.text_ids).to(device),
        patches=patches,
        patch_indices=_table_places(batch.vit_images, config.vit_max_num_patch_per_side).to(device),
        patch_lengths=[image.rows * image.columns for image in batch.vit_images],
        latents=latents,
        noise=noise,
        t=t,
        latent_indices=_table_places(batch.latent_images, config.max_latent_size).to(device),
        latent_lengths=torch.tensor(_sizes(batch.latent_images), dtype=torch.int64, device=device),
        drawn=torch.from_numpy(_drawn_tokens(batch.latent_images)).to(device),
        positions=torch.from_numpy(batch.positions).to(device),
        attend=BucketedAttention(batch.buckets, device),
        label_indices=torch.from_numpy(batch.label_indices).to(device),
        labels=torch.from_numpy(batch.labels).to(device),
    )


def compute_losses(model: UnifiedModel, given: NetworkInput) -> Losses:
    """One forward pass over a batch."""
    und = model.embed_text(given.text_ids)  # (Nt, D)
    if given.patch_lengths:
        features = model.embed_vit(given.patches, given.patch_indices, given.patch_lengths)  # (P, D)
        und = torch.cat([und, features.to(und.dtype)])
    gen = None
    if len(given.latents):
        t = given.t.repeat_interleave(given.latent_lengths)[:, None]  # (L, 1)
        x_t = (1 - t) * given.latents + t * given.noise
        gen = model.embed_latents(x_t, given.t, given.latent_lengths, given.latent_indices)  # (L, D)
    hidden_und, hidden_gen = model(und, gen, given.positions, given.attend)
    logits = model.logits(hidden_und[given.label_indices])  # (M, V)
    ce = F.cross_entropy(logits.float(), given.labels, reduction="none")
    if hidden_gen is None:
        return Losses(ce, given.noise.new_zeros(0, given.noise.shape[-1]))
    v_t = model.velocity(hidden_gen[given.drawn]).float()  # (F, Z)
    target = (given.noise - given.latents)[given.drawn]
    return Losses(ce, (v_t - target).square())


def _sizes(images: Sequence[ImageSegment]) -> list[int]:
    return [image.rows * image.columns for image in images]


def _table_places(images: Sequence[ImageSegment], table_side: int) -> Tensor:
    parts = [grid_indices(image, table_side) for image in images]
    return torch.from_numpy(np.concatenate(parts) if parts else np.zeros(0, np.int64))


def _drawn_tokens(images: Sequence[ImageSegment]) -> np.ndarray:
    is_drawn = np.repeat(np.array([image.kind == "noisy" for image in images], bool), _sizes(images))
    return np.flatnonzero(is_drawn)
