"""An image as the network wants it: pixels for the autoencoder and patches for the ViT."""
# P patches, H and W pixels

from __future__ import annotations

from dataclasses import dataclass

import PIL.Image
from torch import Tensor

from ..errors import InputError
from ..inputs.images import ImageTransforms, resize_to_limits, to_patches, to_pixels
from ..inputs.segments import VitSegment, grid_indices
from ..networks.config import UnifiedConfig


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """The two views of one image. `size` is (width, height) after the autoencoder's resize rule."""

    image: PIL.Image.Image
    vit: VitSegment
    size: tuple[int, int]

    @property
    def vae_pixels(self) -> Tensor:
        """(3, H, W) in -1..1."""
        return to_pixels(self.image)


def prepare_image(image: PIL.Image.Image, transforms: ImageTransforms, config: UnifiedConfig) -> PreparedImage:
    """Resize by the autoencoder's rule and that result again by the ViT's, as the reference does."""
    for_vae = resize_to_limits(image, transforms.vae)
    for_vit = resize_to_limits(for_vae, transforms.vit)
    rows, columns = (side // config.vit.patch_size for side in for_vit.size[::-1])
    side = min(config.vit_max_num_patch_per_side, config.vit.num_patches_per_side)
    if max(rows, columns) > side:
        raise InputError(
            f"an image of {image.width} x {image.height} becomes {columns} x {rows} patches; this model holds at "
            f"most {side} a side: lower max_size of the ViT in preprocessor_config.json"
        )
    patches = to_patches(to_pixels(for_vit), config.vit.patch_size)
    indices = grid_indices(rows, columns, config.vit_max_num_patch_per_side)
    return PreparedImage(for_vae, VitSegment(patches, indices), for_vae.size)


def check_drawing_size(width: int, height: int, config: UnifiedConfig) -> None:
    """Raise InputError, naming the nearest legal size, unless the model can draw width x height pixels."""
    step, most = config.pixels_per_token, config.max_latent_size * config.pixels_per_token
    near = [min(max(round(side / step), 1) * step, most) for side in (width, height)]
    if [width, height] != near:
        raise InputError(
            f"cannot draw {width} x {height} pixels: sides must be multiples of {step} and at most {most}; the "
            f"nearest size is {near[0]} x {near[1]}"
        )
