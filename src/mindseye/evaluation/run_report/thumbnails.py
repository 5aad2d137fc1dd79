"""Small copies of pictures inside a page."""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from pathlib import Path

import PIL.Image

from ...errors import InputError
from ...inputs.images import open_image

SIDE = 160  # px at most
SHARP_SIDE = 96  # px up to which a picture is kept without loss


@lru_cache(maxsize=256)
def thumbnail(picture: Path | bytes) -> str | None:
    """A data URL of the picture, at most 160 px a side; None for one that cannot be opened."""
    try:
        image = open_image(picture)
    except InputError:
        return None
    image.thumbnail((SIDE, SIDE), PIL.Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    if max(image.size) <= SHARP_SIDE:
        image.save(buffer, format="PNG")
        kind = "png"
    else:
        image.save(buffer, format="JPEG", quality=82)
        kind = "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
