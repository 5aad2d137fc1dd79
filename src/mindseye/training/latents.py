"""Latents of the images of a batch, made by an autoencoder that is not trained."""
# L latent tokens, Z latent_token_size, z latent channels

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import torch
from torch import Tensor

from ..inputs.images import to_pixels
from ..inputs.segments import LatentSegment
from ..networks.grids import latent_to_tokens
from ..networks.vae import Autoencoder
from .precision import mixed

ENCODED_AT_ONCE = 8  # pictures; few stay in the processor's cache, which makes encoding four times as fast


@torch.no_grad()
def latents_of(
    segments: Iterable[LatentSegment], autoencoder: Autoencoder, patch_size: int, device: torch.device
) -> Tensor:
    """(L, Z) clean latent tokens of all segments in turn; equal images are encoded once, known latents taken."""
    segments = list(segments)
    found = {s.content: s.latent_tokens.to(device) for s in segments if s.latent_tokens is not None}
    unknown = {s.content: s.image for s in segments if s.content not in found}
    for _, group in groupby(unknown.items(), key=lambda item: item[1].size):
        contents, images = zip(*group, strict=True)
        pixels = torch.stack([to_pixels(image) for image in images]).to(device, memory_format=torch.channels_last)
        with mixed(device):
            latents = torch.cat([autoencoder.encode(few).float() for few in pixels.split(ENCODED_AT_ONCE)])
        for content, latent in zip(contents, latents, strict=True):
            found[content] = latent_to_tokens(latent, patch_size)
    if not segments:
        return torch.zeros(0, patch_size**2 * autoencoder.config.z_channels, device=device)
    return torch.cat([found[segment.content] for segment in segments])
