"""What drawing needs of images: the latents of those that were said, and a size that the model can draw."""
# H and W pixels

from __future__ import annotations

from ..errors import InputError
from ..inputs.images import to_pixels
from ..inputs.segments import LatentSegment
from ..networks.config import LatentGrid
from ..networks.grids import grid_indices, latent_to_tokens
from .work import Encode, Story


def encode_latents(segment: LatentSegment, grid: LatentGrid) -> Story[None]:
    """Fill in the latents of an image; raises InputError where it is larger than the model's latents."""
    most = grid.most_pixels
    width, height = segment.image.size
    if max(width, height) > most:
        raise InputError(
            f"an image becomes {width} x {height} pixels; this model holds latents of at most {most} x {most}: make it "
            "smaller, or only ask about it"
        )
    latent = yield Encode(to_pixels(segment.image))
    segment.latent_tokens = latent_to_tokens(latent, grid.patch)
    columns, rows = (side // grid.pixels_per_token for side in (width, height))
    segment.position_indices = grid_indices(rows, columns, grid.side)


def check_drawing_size(width: int, height: int, grid: LatentGrid) -> None:
    """Raise InputError, naming the nearest legal size, unless the model can draw width x height pixels."""
    step, most = grid.pixels_per_token, grid.most_pixels
    near = [min(max(round(side / step), 1) * step, most) for side in (width, height)]
    if [width, height] != near:
        raise InputError(
            f"cannot draw {width} x {height} pixels: sides must be multiples of {step} and at most {most}; the "
            f"nearest size is {near[0]} x {near[1]}"
        )
