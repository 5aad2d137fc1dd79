"""What a model family makes of an image: the one object that knows how its eyes want to see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import PIL.Image
from torch import Tensor

from ..segments import ImageFrame, Segment


@dataclass(frozen=True)
class TokenCount:
    """Tokens of one image: those that the eyes make, and latents that it takes as a condition for drawing."""

    seen: int
    latents: int


class ImageProcessor(Protocol):
    """Images -> segments. `usual_side` is how many pixels a side a drawing has when nobody names a size."""

    @property
    def usual_side(self) -> int: ...

    def segments(self, image: PIL.Image.Image, frame: ImageFrame) -> Sequence[Segment]:
        """An image as the network reads it; raises InputError for one that it cannot hold."""
        ...

    def picture(self, pixels: Tensor) -> PIL.Image.Image:
        """The pixels (C, H, W) of a segment for the eyes as people see them: what was done to their values, undone."""
        ...

    def count(self, width: int, height: int) -> TokenCount:
        """How many tokens an image of this size becomes, marks not counted."""
        ...
