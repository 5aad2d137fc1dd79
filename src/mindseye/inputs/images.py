"""Pictures in and out: file -> image (PIL) -> pixels, and pixels -> image.

Every image is resized under limits before the network sees it: once for the autoencoder, and (its result)
again for the ViT. A checkpoint folder may say its own limits in `preprocessor_config.json`:

    {"vae_image": {"max_size": 1024, "min_size": 512, "stride": 16},
     "vit_image": {"max_size": 980, "min_size": 224, "stride": 14}}

Both entries and every key in them are optional; what is not said is BAGEL's.
"""
# C channels, H height, W width

from __future__ import annotations

import io
import math
import threading
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from .. import samples
from ..errors import CheckpointError, InputError, nearest
from ..given_files import read_given, read_json

LARGEST_IMAGE = 200_000_000  # pixels; more is taken for a decompression bomb
LARGEST_FILE = 256_000_000  # bytes
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000", "ICO", "TGA")
ImageSource = str | Path | bytes | Image.Image

_header_lock = threading.Lock()


@dataclass(frozen=True)
class ImageLimits:
    """How large an image may be, in pixels."""

    max_size: int
    min_size: int
    stride: int
    max_pixels: int = 14 * 14 * 9 * 1024

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(f"image limit {item.name} is {value!r}; expected a whole number above 0")
        if self.min_size > self.max_size:
            raise InputError(f"image limit min_size {self.min_size} is more than max_size {self.max_size}")

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) that an image of this size is resized to.

        Three rules, each on the rounded result of the one before: both sides into their bounds, where the least short
        side wins over the largest long one; then the pixel cap; then the long side again. The cap scales each side
        by the ratio of areas, not by its root: it shrinks more than it must, and checkpoints were trained so.
        """
        size = self._on_grid((width, height), self._into_bounds(width, height))
        area, longest = math.prod(size), max(size)
        if area > self.max_pixels:
            size = self._on_grid(size, self.max_pixels / area)
            longest = max(size)
        return size if longest <= self.max_size else self._on_grid(size, self.max_size / longest)

    def _into_bounds(self, width: int, height: int) -> float:
        short, long = sorted((width, height))
        return max(self.min_size / short, min(1.0, self.max_size / long))

    def _on_grid(self, size: tuple[int, int], scale: float) -> tuple[int, int]:
        """The scaled size in whole pixels, then in whole strides, at least one."""
        tiles = [max(1, round(round(side * scale) / self.stride)) for side in size]
        return tiles[0] * self.stride, tiles[1] * self.stride


@dataclass(frozen=True)
class ImageTransforms:
    """The limits of a model's two eyes; BAGEL's unless the checkpoint says otherwise."""

    vae: ImageLimits = ImageLimits(1024, 512, 16)
    vit: ImageLimits = ImageLimits(980, 224, 14)

    @classmethod
    def from_folder(cls, folder: Path) -> ImageTransforms:
        """The limits in a checkpoint folder's `preprocessor_config.json`, if it has any of ours."""
        path = folder / "preprocessor_config.json"
        if not path.is_file():
            return cls()
        try:
            said = read_json(path, error=CheckpointError)
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{path} is not JSON ({error}); repair or remove it") from error
        if not isinstance(said, dict):
            raise CheckpointError(f"{path} holds a {type(said).__name__}; expected a JSON object")
        default = cls()
        vae = _limits_from(said.get("vae_image"), default.vae, f"{path}: vae_image")
        return cls(vae, _limits_from(said.get("vit_image"), default.vit, f"{path}: vit_image"))

    def to_json(self) -> dict[str, dict[str, int]]:
        """What `from_folder` reads back."""

        def entry(limits: ImageLimits) -> dict[str, int]:
            return {item.name: getattr(limits, item.name) for item in fields(limits)}

        return {"vae_image": entry(self.vae), "vit_image": entry(self.vit)}


def _limits_from(said: Any, default: ImageLimits, where: str) -> ImageLimits:
    if said is None:
        return default
    if not isinstance(said, dict):
        raise CheckpointError(f"{where} is {said!r}; expected an object with max_size, min_size, stride")
    known = [item.name for item in fields(ImageLimits)]
    for key in said:
        if key not in known:
            raise CheckpointError(f"{where}: unknown key {key!r}{nearest(key, known)}; known: {', '.join(known)}")
    try:
        return replace(default, **said)
    except InputError as error:
        raise CheckpointError(f"{where}: {error}") from error


def open_image(source: ImageSource) -> Image.Image:
    """An upright RGB image from a path, a file's bytes or a PIL image; transparency lies on white.

    The first frame of an animation, 16-bit and CMYK reduced to 8-bit RGB, EXIF orientation applied. Raises
    InputError for what is missing, empty, truncated, no image, no regular file, or larger than 200 megapixels.
    """
    if isinstance(source, Image.Image):
        image, name = source, "the given image"
    else:
        image, name = _open_header(source)
    width, height = image.size
    if width * height > LARGEST_IMAGE:
        raise InputError(
            f"{name} has {width} x {height} = {width * height / 1e6:.0f} megapixels; "
            f"at most {LARGEST_IMAGE / 1e6:.0f} are read; make it smaller"
        )
    if not width or not height:
        raise InputError(f"{name} is {width} x {height} pixels, so there is nothing to see")
    try:
        image.load()
        return _to_rgb(ImageOps.exif_transpose(image))
    except Exception as error:  # decoders raise whatever they like at damaged files
        raise InputError(f"{name} is damaged or cut short ({error}); save or download it again") from error


def _open_header(source: str | Path | bytes) -> tuple[Image.Image, str]:
    data, name = _read(source)
    if not data:
        raise InputError(f"{name} is empty (0 bytes)")
    try:
        with _header_lock:  # Pillow's own limit is a global of 89 megapixels; ours is checked by the caller
            limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            try:
                Image.init()  # a Pillow without some codec does not know its name
                known = [kind for kind in FORMATS if kind in Image.OPEN]
                return Image.open(io.BytesIO(data), formats=known), name
            finally:
                Image.MAX_IMAGE_PIXELS = limit
    except UnidentifiedImageError as error:
        raise InputError(f"{name} is not an image; known kinds: {', '.join(FORMATS)}") from error
    except Exception as error:  # as above
        raise InputError(f"{name} is a damaged image ({error})") from error


def _read(source: str | Path | bytes) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        return source, "the given image data"
    path = samples.resolve(source)
    if str(source).startswith(("http:", "https:", "data:")):
        raise InputError(f"{str(source)[:80]} is an address; expected a file: download it first")
    try:
        return read_given(path, LARGEST_FILE), str(path)
    except FileNotFoundError as error:
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"image {path} does not exist{nearest(path.name, siblings)}") from error
    except IsADirectoryError as error:
        raise InputError(f'image "{source}" is a folder; expected an image file') from error
    except (OSError, ValueError) as error:
        raise InputError(f"image {path} cannot be read: {error}") from error


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _deep_grey_to_8_bit(image).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or image.info.get("transparency") is not None:
        return _on_white(image.convert("RGBA"))
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """Each channel mixed with white by its pixel's alpha, rounded to the nearest level."""
    values = np.asarray(image).astype(np.uint16)  # (H, W, 4); no sum exceeds 255 * 255 + 127
    alpha = values[:, :, 3:]
    mixed = (values[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return Image.fromarray(mixed.astype(np.uint8))


def _deep_grey_to_8_bit(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or floats; Pillow alone would clip it. The values tell the range they use."""
    values = np.asarray(image).astype(np.float32)
    top = float(values.max(initial=0.0))
    if image.mode == "F":
        full = 1.0 if top <= 1 else 255.0
    else:
        full = 255.0 if image.mode == "I" and top <= 255 else 65535.0
    return Image.fromarray((np.nan_to_num(values) / full * 255).clip(0, 255).round().astype(np.uint8))


def resize_to_limits(image: Image.Image, limits: ImageLimits) -> Image.Image:
    """The image at the size its limits ask for, bicubic; the same image where that is its own size."""
    size = limits.size_for(*image.size)
    return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)


def to_pixels(image: Image.Image) -> Tensor:
    """An RGB image as float32 (C, H, W) in -1..1."""
    return pixels_of(np.array(image.convert("RGB")))


def pixels_of(levels: np.ndarray) -> Tensor:
    """Images as uint8 (..., H, W, C) -> float32 (..., C, H, W) in -1..1."""
    return torch.from_numpy(levels).movedim(-1, -3).float().div(127.5).sub(1.0).contiguous()


def from_pixels(pixels: Tensor) -> Image.Image:
    """(C, H, W) in -1..1 -> an RGB image; beyond is clamped, fractions are cut as the reference does.

    Raises InputError for pixels that are no numbers: they would be black.
    """
    if not pixels.isfinite().all():
        raise InputError(
            "the autoencoder gave pixels that are no numbers: its weights are damaged or too large for this number "
            "format (try dtype float32)"
        )
    values = (pixels.float() * 0.5 + 0.5).clamp(0, 1) * 255
    return Image.fromarray(values.permute(1, 2, 0).to("cpu", torch.uint8).numpy())
