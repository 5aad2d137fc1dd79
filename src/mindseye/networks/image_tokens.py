"""Which tokens an image becomes: all features of the tower, a few that stand for many, or one."""
# B images, P places of a square grid, S places a side, F numbers of a feature, T tokens

from __future__ import annotations

import re
from dataclasses import dataclass

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from ..errors import SettingsError, nearest

CHOICES = {
    "patches": "every feature is a token",
    "pool": "the mean of all features is the one token",
    "grid:N": "means of N x N fields",
    "shuffle:F": "F x F neighbours side by side in one wider token",
    "first": "the first feature alone: a mistake, here for comparison",
    "patch:N": "the Nth feature alone, counted from 1: the same mistake elsewhere",
}


@dataclass(frozen=True)
class ImageTokens:
    """One of the choices; `number` is N or F."""

    kind: str
    number: int = 1

    @classmethod
    def called(cls, name: str) -> ImageTokens:
        """ "patches", "pool", "grid:3" and so on; SettingsError names the known ones."""
        match = re.fullmatch(r"(patches|pool|first)|(grid|shuffle|patch):([1-9]\d{0,3})", name)
        if match is None:
            near = nearest(name.partition(":")[0], [choice.partition(":")[0] for choice in CHOICES])
            raise SettingsError(f'image tokens are "{name}"{near}; expected {", ".join(CHOICES)}')
        return cls(match[1] or match[2], int(match[3] or 1))

    @property
    def name(self) -> str:
        """What `called` understands."""
        return f"{self.kind}:{self.number}" if self.kind in ("grid", "shuffle", "patch") else self.kind

    def check(self, side: int) -> None:
        """Raise SettingsError unless this can be had from side x side features."""
        if self.kind == "grid" and self.number > side:
            raise SettingsError(f"image tokens are {self.name}, but the tower gives {side} x {side} features")
        if self.kind == "patch" and self.number > side**2:
            raise SettingsError(f"image tokens are {self.name}, but the tower gives {side**2} features")
        if self.kind == "shuffle" and side % self.number:
            raise SettingsError(
                f"image tokens are {self.name}, but {side} features a side do not divide by {self.number}; "
                "take a divisor, or grid:N"
            )

    def count(self, num_features: int) -> int:
        """T of an image with P features."""
        if self.kind == "patches":
            return num_features
        return {"grid": self.number**2, "shuffle": num_features // self.number**2}.get(self.kind, 1)

    def width(self, width: int) -> int:
        """Numbers of a token, of features of F numbers."""
        return width * self.number**2 if self.kind == "shuffle" else width

    def __call__(self, features: Tensor) -> Tensor:
        """(B, P, F) -> (B, T, numbers of a token)."""
        side = round(features.shape[1] ** 0.5)
        if self.kind == "pool":
            return features.mean(1, keepdim=True)
        if self.kind in ("first", "patch"):
            return features[:, self.number - 1 : self.number]
        if self.kind == "grid":
            square = rearrange(features, "b (r c) f -> b f r c", r=side)
            return F.adaptive_avg_pool2d(square, self.number).flatten(2).transpose(1, 2)
        if self.kind == "shuffle":
            n = self.number
            return rearrange(features, "b (r i c j) f -> b (r c) (i j f)", r=side // n, i=n, j=n)
        return features
