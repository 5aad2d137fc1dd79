"""A language model's: it sees no images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import PIL.Image
from torch import Tensor

from ...errors import InputError
from ..segments import ImageFrame, Segment
from .image_processor import TokenCount


@dataclass(frozen=True)
class NoEyes:
    """Refuses every image, naming the family that cannot see."""

    family: str
    usual_side: int = 0

    def segments(self, image: PIL.Image.Image, frame: ImageFrame) -> Sequence[Segment]:
        raise InputError(f"this {self.family} model has no eyes: it reads words only")

    def picture(self, pixels: Tensor) -> PIL.Image.Image:
        raise InputError(f"this {self.family} model has no eyes: it reads words only")

    def count(self, width: int, height: int) -> TokenCount:
        return TokenCount(0, 0)
