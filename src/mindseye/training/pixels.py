"""From the pixels of many images of one batch to patches and latent tokens in stream order."""
# B images, C channels, H rows, W columns, p patch side, z latent channels, Z numbers in a latent token

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor


def to_patches(pixels: Tensor, patch_size: int) -> Tensor:
    """(B, C, H, W) -> (B, patches, p * p * C); inside a patch the order is row, column, channel."""
    return rearrange(pixels, "b c (h p) (w q) -> b (h w) (p q c)", p=patch_size, q=patch_size)


def to_latent_tokens(latents: Tensor, patch_size: int) -> Tensor:
    """(B, z, h, w) -> (B, tokens, Z); inside a token the order is row, column, channel."""
    return rearrange(latents, "b c (h p) (w q) -> b (h w) (p q c)", p=patch_size, q=patch_size)


def join(pieces: list[Tensor], width: int) -> Tensor:
    """All pieces (tokens, width) as one, (0, width) when there are none."""
    return torch.cat(pieces) if pieces else torch.zeros(0, width)
