"""The pieces of a context as the network reads them.

A prompt format makes them from messages: it knows which marks stand around an image, whether an image's tokens see
each other or only what came before, and how many rotary positions it takes. Segments with equal `key` are the same
to the network, whoever made them.
"""
# C channels, H height, W width, L latent tokens, Z latent_token_size

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass
from functools import cached_property

import PIL.Image
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
    """An image for understanding: pixels (C, H, W) as the network's eye wants them, and how many tokens it makes of
    them. `content` tells equal images apart from others.
    """

    pixels: Tensor
    num_tokens: int
    frame: ImageFrame
    content: bytes

    @property
    def num_positions(self) -> int:
        return self.num_tokens if self.frame.is_causal else 1

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
