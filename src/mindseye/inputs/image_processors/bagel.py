"""BAGEL sees an image twice: as a condition for drawing through the autoencoder, and through its ViT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import PIL.Image
from torch import Tensor

from ...errors import InputError
from ..images import ImageTransforms, from_pixels, resize_to_limits, to_pixels
from ..segments import ImageFrame, LatentSegment, Segment, VitSegment, content_of
from .image_processor import TokenCount


@dataclass(frozen=True)
class BagelImageProcessor:
    """Latents, where the model can draw, then what the ViT sees: at most `most_patches` a side of `patch_size` px."""

    transforms: ImageTransforms
    patch_size: int
    most_patches: int
    pixels_per_token: int
    draws: bool = True

    @property
    def usual_side(self) -> int:
        return self.transforms.vae.max_size

    def segments(self, image: PIL.Image.Image, frame: ImageFrame) -> Sequence[Segment]:
        resized = resize_to_limits(image, self.transforms.vae)
        seen = self._for_vit(resized, frame)
        # The latents are made when the image is first read so: who only asks about it never needs them.
        return [LatentSegment(resized, frame, content_of(resized)), seen] if self.draws else [seen]

    def picture(self, pixels: Tensor) -> PIL.Image.Image:
        return from_pixels(pixels)

    def count(self, width: int, height: int) -> TokenCount:
        resized = self.transforms.vae.size_for(width, height)
        columns, rows = (side // self.patch_size for side in self.transforms.vit.size_for(*resized))
        latents = (resized[0] // self.pixels_per_token) * (resized[1] // self.pixels_per_token)
        return TokenCount(rows * columns, latents if self.draws else 0)

    def _for_vit(self, resized: PIL.Image.Image, frame: ImageFrame) -> VitSegment:
        """What the autoencoder's rule has resized, resized again by the ViT's."""
        for_vit = resize_to_limits(resized, self.transforms.vit)
        columns, rows = (side // self.patch_size for side in for_vit.size)
        if max(rows, columns) > self.most_patches:
            raise InputError(
                f"an image of {resized.width} x {resized.height} becomes {columns} x {rows} patches; this model holds "
                f"at most {self.most_patches} a side: lower max_size of the ViT in preprocessor_config.json"
            )
        return VitSegment(to_pixels(for_vit), rows * columns, frame, content_of(resized))
