"""The pieces of a context as the network reads them.

A prompt format makes them from messages: it knows which marks stand around an image, whether an image's tokens see
each other or only what came before, and how many rotary positions it takes. Segments with equal `key` are the same
to the network, whoever made them.
"""
# P patches, L latent tokens, Z latent_token_size, z latent channels, p latent_patch_size

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass
from functools import cached_property

import PIL.Image
import torch
from einops import rearrange
from torch import Tensor


@dataclass(frozen=True)
class ImageFrame:
    """How a family frames an image.

    `marks` are the ids before and after it, read together with it. Where it is causal, its tokens see only what came
    before and take a rotary position each; such an image has no marks of its own, they stand in the texts around it.
    """

    marks: tuple[int, ...] = ()
    is_causal: bool = False

    def __post_init__(self) -> None:
        assert not (self.marks and self.is_causal)


@dataclass(frozen=True, eq=False)
class TextSegment:
    """Token ids as they are read, frame included. `role` is "system", "user", "assistant", "thought" or "example"."""

    ids: tuple[int, ...]
    role: str = "user"

    @property
    def num_positions(self) -> int:
        return len(self.ids)

    @cached_property
    def key(self) -> bytes:
        return b"text" + array("q", self.ids).tobytes()


@dataclass(frozen=True, eq=False)
class VitSegment:
    """An image for understanding: patches (P, numbers a patch) and their position indices (P,).

    `content` tells equal images apart from others.
    """

    patches: Tensor
    position_indices: Tensor
    frame: ImageFrame
    content: bytes

    @property
    def num_positions(self) -> int:
        return self.patches.shape[0] if self.frame.is_causal else 1

    @property
    def key(self) -> bytes:
        return b"vit" + self.content


@dataclass(eq=False)
class LatentSegment:
    """An image as a condition for drawing: clean latent tokens (L, Z) and their position indices (L,).

    Both are None until the image is first read so: who only asks about it never needs them.
    """

    image: PIL.Image.Image
    frame: ImageFrame
    content: bytes
    latent_tokens: Tensor | None = None
    position_indices: Tensor | None = None

    @property
    def num_positions(self) -> int:
        return 1

    @property
    def key(self) -> bytes:
        return b"latent" + self.content


Segment = TextSegment | VitSegment | LatentSegment


def content_of(image: PIL.Image.Image) -> bytes:
    """A digest of an image's size and pixels."""
    digest = hashlib.blake2b(repr((image.size, image.mode)).encode(), digest_size=16)
    digest.update(image.tobytes())
    return digest.digest()


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
