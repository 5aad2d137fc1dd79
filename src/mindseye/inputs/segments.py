"""The pieces of a context as the network reads them.

A text is framed by the start and end tokens and attends causally. An image is framed by the image marks, attends
fully inside itself and takes a single rotary position, whether the ViT sees it or the autoencoder.
"""
# P patches, L latent tokens, Z latent_token_size, z latent channels, p latent_patch_size

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor


@dataclass(frozen=True, eq=False)
class TextSegment:
    """Token ids without their frame. `role` is "system", "user", "model" or "thought"."""

    ids: tuple[int, ...]
    role: str = "user"

    @property
    def num_tokens(self) -> int:
        return len(self.ids) + 2

    @property
    def num_positions(self) -> int:
        return len(self.ids) + 2


@dataclass(frozen=True, eq=False)
class VitSegment:
    """An image for understanding: patches (P, numbers a patch) and their position indices (P,)."""

    patches: Tensor
    position_indices: Tensor

    @property
    def num_tokens(self) -> int:
        return self.patches.shape[0] + 2

    @property
    def num_positions(self) -> int:
        return 1


@dataclass(frozen=True, eq=False)
class LatentSegment:
    """An image as a condition for drawing: clean latent tokens (L, Z) and their position indices (L,)."""

    latent_tokens: Tensor
    position_indices: Tensor

    @property
    def num_tokens(self) -> int:
        return self.latent_tokens.shape[0] + 2

    @property
    def num_positions(self) -> int:
        return 1


Segment = TextSegment | VitSegment | LatentSegment


def grid_indices(rows: int, columns: int, side: int) -> Tensor:
    """(rows * columns,) indices row * side + column of a grid's places in a position table."""
    assert rows <= side and columns <= side
    return (torch.arange(rows)[:, None] * side + torch.arange(columns)).flatten()


def latent_to_tokens(latent: Tensor, patch: int) -> Tensor:
    """(z, h, w) latents -> (L, p * p * z) tokens, row by row."""
    return rearrange(latent, "z (h p) (w q) -> (h w) (p q z)", p=patch, q=patch)


def tokens_to_latent(tokens: Tensor, rows: int, columns: int, patch: int) -> Tensor:
    """(L, p * p * z) tokens -> (z, h, w) latents."""
    return rearrange(tokens, "(h w) (p q z) -> z (h p) (w q)", h=rows, w=columns, p=patch, q=patch)
