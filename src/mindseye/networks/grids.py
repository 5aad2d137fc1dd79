"""Images as rows of tokens: patches of pixels, tokens of latents, and their places in a position table."""
# C channels, H height, W width, P patches, p patch size, L latent tokens, z latent channels

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor


def grid_indices(rows: int, columns: int, side: int) -> Tensor:
    """(rows * columns,) indices row * side + column of a grid's places in a position table."""
    assert rows <= side and columns <= side
    return (torch.arange(rows)[:, None] * side + torch.arange(columns)).flatten()


def to_patches(pixels: Tensor, patch_size: int) -> Tensor:
    """(..., C, H, W) -> (..., P, p * p * C), row by row; inside a patch the order is row, column, channel."""
    assert not (pixels.shape[-2] % patch_size or pixels.shape[-1] % patch_size)
    return rearrange(pixels, "... c (h p) (w q) -> ... (h w) (p q c)", p=patch_size, q=patch_size)


def latent_to_tokens(latent: Tensor, patch: int) -> Tensor:
    """(z, h, w) latents -> (L, p * p * z) tokens, row by row."""
    return rearrange(latent, "z (h p) (w q) -> (h w) (p q z)", p=patch, q=patch)


def tokens_to_latent(tokens: Tensor, rows: int, columns: int, patch: int) -> Tensor:
    """(L, p * p * z) tokens -> (z, h, w) latents."""
    return rearrange(tokens, "(h w) (p q z) -> z (h p) (w q)", h=rows, w=columns, p=patch, q=patch)
