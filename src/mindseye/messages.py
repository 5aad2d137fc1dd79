"""What a person says: texts and images in any order."""

from __future__ import annotations

from dataclasses import dataclass

import PIL.Image


@dataclass(frozen=True)
class Text:
    """A piece of text."""

    text: str


@dataclass(frozen=True, eq=False)
class Image:
    """A picture, already opened."""

    image: PIL.Image.Image


Item = Text | Image
