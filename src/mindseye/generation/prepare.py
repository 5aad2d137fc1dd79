"""An image as the network wants it: a segment for the ViT and, if it may be a condition for drawing, one of latents."""
# P patches, H and W pixels

from __future__ import annotations

import PIL.Image

from ..errors import InputError
from ..inputs.images import ImageTransforms, resize_to_limits, to_patches, to_pixels
from ..inputs.segments import ImageFrame, LatentSegment, VitSegment, content_of, grid_indices, latent_to_tokens
from ..networks.config import UnifiedConfig
from .work import Encode, Story


def vit_segment(
    resized: PIL.Image.Image, transforms: ImageTransforms, config: UnifiedConfig, frame: ImageFrame
) -> VitSegment:
    """What the ViT sees of an image that the autoencoder's rule has resized: resized again by the ViT's."""
    for_vit = resize_to_limits(resized, transforms.vit)
    rows, columns = (side // config.vit.patch_size for side in for_vit.size[::-1])
    side = min(config.vit_max_num_patch_per_side, config.vit.num_patches_per_side)
    if max(rows, columns) > side:
        raise InputError(
            f"an image of {resized.width} x {resized.height} becomes {columns} x {rows} patches; this model holds at "
            f"most {side} a side: lower max_size of the ViT in preprocessor_config.json"
        )
    patches = to_patches(to_pixels(for_vit), config.vit.patch_size)
    indices = grid_indices(rows, columns, config.vit_max_num_patch_per_side)
    return VitSegment(patches, indices, frame, content_of(resized))


def latent_segment(resized: PIL.Image.Image, frame: ImageFrame) -> LatentSegment:
    """The image as a condition for drawing; its latents are made when it is first read so."""
    return LatentSegment(resized, frame, content_of(resized))


def encode_latents(segment: LatentSegment, config: UnifiedConfig) -> Story[None]:
    """Fill in the latents of an image; raises InputError where it is larger than the model's latents."""
    most = config.max_latent_size * config.pixels_per_token
    width, height = segment.image.size
    if max(width, height) > most:
        raise InputError(
            f"an image becomes {width} x {height} pixels; this model holds latents of at most {most} x {most}: make it "
            "smaller, or only ask about it"
        )
    latent = yield Encode(to_pixels(segment.image))
    segment.latent_tokens = latent_to_tokens(latent, config.latent_patch_size)
    columns, rows = (side // config.pixels_per_token for side in (width, height))
    segment.position_indices = grid_indices(rows, columns, config.max_latent_size)


def check_drawing_size(width: int, height: int, config: UnifiedConfig) -> None:
    """Raise InputError, naming the nearest legal size, unless the model can draw width x height pixels."""
    step, most = config.pixels_per_token, config.max_latent_size * config.pixels_per_token
    near = [min(max(round(side / step), 1) * step, most) for side in (width, height)]
    if [width, height] != near:
        raise InputError(
            f"cannot draw {width} x {height} pixels: sides must be multiples of {step} and at most {most}; the "
            f"nearest size is {near[0]} x {near[1]}"
        )
