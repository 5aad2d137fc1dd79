"""The drawings that ship with the package: one sprite sheet a style, with the credit that is due for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from ..errors import InputError, nearest

ICON_SIZE = 64  # px a side, as stored in a sheet
COLUMNS = 10  # icons a row of a sheet
SHEETS = Path(__file__).with_name("sheets")


@dataclass(frozen=True)
class Style:
    """A set of drawings: the npm package they come from and whom to thank for them."""

    package: str
    title: str
    author: str
    license: str
    home: str


STYLES: dict[str, Style] = {
    "noto": Style(
        package="@iconify-json/noto",
        title="Noto Emoji",
        author="Google Inc.",
        license="Apache-2.0",
        home="https://github.com/googlefonts/noto-emoji",
    ),
}


@cache
def load_sheet(style: str) -> dict[str, Image.Image]:
    """One RGBA image of 64x64 px for each noun name, as drawn in `style`."""
    picture, listing = sheet_paths(style)
    names = json.loads(listing.read_text(encoding="utf-8"))["names"]
    with Image.open(picture) as opened:
        sheet = opened.convert("RGBA")
    return {name: sheet.crop(sheet_box(index)) for index, name in enumerate(names)}


def sheet_paths(style: str) -> tuple[Path, Path]:
    """The picture and the listing of one style's sheet; InputError for an unknown style."""
    if style not in STYLES:
        raise InputError(f'unknown style "{style}"{nearest(style, STYLES)}; known: {", ".join(STYLES)}')
    return SHEETS / f"{style}.png", SHEETS / f"{style}.json"


def sheet_box(index: int) -> tuple[int, int, int, int]:
    """Where the icon number `index` lies in a sheet: left, top, right, bottom in px."""
    left, top = index % COLUMNS * ICON_SIZE, index // COLUMNS * ICON_SIZE
    return left, top, left + ICON_SIZE, top + ICON_SIZE
