"""Towers of fixed size: an image becomes a square of numbers, by the rules that transformers writes down.

A folder says them in `preprocessor_config.json`: resize the short side and cut out the middle, or resize both sides;
then scale to 0..1, take off the mean and divide by the deviation of each channel.
"""
# C channels, S side in px

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from ...errors import CheckpointError
from ...given_files import read_json
from ..segments import ImageFrame, Segment, VitSegment, content_of
from .image_processor import TokenCount

FILE = "preprocessor_config.json"
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class SquareTransforms:
    """How an image becomes a square of `side` px.

    `short_side` 0: both sides are resized, and shapes change; else the short side is, and the middle is cut out.
    """

    side: int
    short_side: int = 0
    mean: Triple = (0.5, 0.5, 0.5)
    std: Triple = (0.5, 0.5, 0.5)
    resample: int = int(PIL.Image.Resampling.BICUBIC)
    """Pillow's number of a filter."""

    @classmethod
    def from_folder(cls, folder: Path) -> SquareTransforms:
        """What `preprocessor_config.json` says; CheckpointError where it is missing or asks for something else."""
        path = folder / FILE
        try:
            said = read_json(path, error=CheckpointError)
            return cls.from_json(said)
        except OSError as error:
            raise CheckpointError(f"{folder} has no {FILE}, so nobody knows how its eyes want images") from error
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise CheckpointError(f"{path} holds something of the wrong kind ({error}); fetch it again") from error

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> SquareTransforms:
        """From the keys of transformers' image processors; ValueError for what is not done here."""
        for key in ("do_resize", "do_rescale", "do_normalize", "do_convert_rgb"):
            if said.get(key) is False:
                raise ValueError(f"{key} is false; only true is done here")
        if said.get("do_pad"):
            raise ValueError("do_pad is true; only false is done here")
        if abs(float(said.get("rescale_factor", 1 / 255)) * 255 - 1) > 1e-3:
            raise ValueError(f"rescale_factor is {said['rescale_factor']}; only 1/255 is done here")
        size = said["size"]
        crops = bool(said.get("do_center_crop", "crop_size" in said))
        if crops:
            short = size if isinstance(size, int) else size.get("shortest_edge") or _one_side(size)
            side = _one_side(said["crop_size"])
        else:
            short, side = 0, _one_side(size)
        given = {"resample": int(said["resample"])} if said.get("resample") is not None else {}
        return cls(int(side), int(short), _triple(said["image_mean"]), _triple(said["image_std"]), **given)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads back."""
        square = {"height": self.side, "width": self.side}
        return {
            "do_resize": True,
            "size": {"shortest_edge": self.short_side} if self.short_side else square,
            "do_center_crop": bool(self.short_side),
            **({"crop_size": square} if self.short_side else {}),
            "resample": self.resample,
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": True,
            "image_mean": list(self.mean),
            "image_std": list(self.std),
        }

    def square(self, image: PIL.Image.Image) -> PIL.Image.Image:
        """(S x S) px, as the tower sees it but for its numbers."""
        image = image.convert("RGB")
        if not self.short_side:
            return image.resize((self.side, self.side), self.resample)
        short, width, height = min(image.size), *image.size
        resized = image.resize((width * self.short_side // short, height * self.short_side // short), self.resample)
        left, top = (resized.width - self.side) // 2, (resized.height - self.side) // 2
        return resized.crop((left, top, left + self.side, top + self.side))

    def pixels(self, image: PIL.Image.Image) -> Tensor:
        """(C, S, S) float32."""
        values = torch.from_numpy(np.array(self.square(image))).permute(2, 0, 1).float() / 255
        mean, std = self._scale()
        return ((values - mean) / std).contiguous()

    def picture(self, pixels: Tensor) -> PIL.Image.Image:
        """The square that `pixels` (C, S, S) were made of."""
        mean, std = self._scale()
        values = ((pixels.float().cpu() * std + mean) * 255).round().clamp(0, 255)
        return PIL.Image.fromarray(values.permute(1, 2, 0).to(torch.uint8).numpy())

    def _scale(self) -> tuple[Tensor, Tensor]:
        """(C, 1, 1) means and deviations."""
        return torch.tensor(self.mean)[:, None, None], torch.tensor(self.std)[:, None, None]


@dataclass(frozen=True)
class SquareProcessor:
    """Every image becomes `num_tokens` tokens."""

    transforms: SquareTransforms
    num_tokens: int

    @property
    def usual_side(self) -> int:
        return 0

    def segments(self, image: PIL.Image.Image, frame: ImageFrame) -> Sequence[Segment]:
        pixels = self.transforms.pixels(image)
        return [VitSegment(pixels, self.num_tokens, frame, content_of(image))]

    def picture(self, pixels: Tensor) -> PIL.Image.Image:
        return self.transforms.picture(pixels)

    def count(self, width: int, height: int) -> TokenCount:
        return TokenCount(self.num_tokens, 0)


def _one_side(size: Any) -> int:
    """The side of a square; ValueError for another shape."""
    if isinstance(size, int):
        return size
    if size["height"] != size["width"]:
        raise ValueError(f"{size['width']} x {size['height']} px is no square")
    return int(size["height"])


def _triple(numbers: Sequence[float]) -> Triple:
    red, green, blue = (float(number) for number in numbers)
    return red, green, blue
