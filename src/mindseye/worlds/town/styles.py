"""The drawing styles: one sprite sheet each, with the credit that is due for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from ...errors import InputError, nearest

ICON_SIZE = 72  # px a side, as stored in a sheet
COLUMNS = 12  # icons a row of a sheet
SHEETS = Path(__file__).with_name("sheets")


@dataclass(frozen=True)
class Style:
    """A set of drawings: the npm package they come from and whom to thank for them; `zh` is its Chinese name.

    One that is not drawn is only seen and named, one that is held out is never taught.
    """

    package: str
    title: str
    author: str
    license: str
    home: str
    zh: str
    is_held_out: bool = False
    is_drawn: bool = True


STYLES: dict[str, Style] = {
    "noto": Style(
        "@iconify-json/noto",
        "Noto Emoji",
        "Google Inc.",
        "Apache-2.0",
        "https://github.com/googlefonts/noto-emoji",
        "圆润",
    ),
    "twemoji": Style(
        "@iconify-json/twemoji",
        "Twemoji",
        "Twitter, Inc. and other contributors",
        "CC-BY-4.0",
        "https://github.com/jdecked/twemoji",
        "简洁",
    ),
    "fluent": Style(
        "@iconify-json/fluent-emoji-flat",
        "Fluent Emoji",
        "Microsoft Corporation",
        "MIT",
        "https://github.com/microsoft/fluentui-emoji",
        "扁平",
        is_drawn=False,
    ),
    "emojione": Style(
        "@iconify-json/emojione",
        "Emoji One",
        "Emoji One and the EmojiTwo contributors",
        "CC-BY-4.0",
        "https://github.com/EmojiTwo/emojitwo",
        "鲜艳",
        is_held_out=True,
        is_drawn=False,
    ),
}
TAUGHT_STYLES: tuple[str, ...] = tuple(name for name, style in STYLES.items() if not style.is_held_out)
DRAWN_STYLES: tuple[str, ...] = tuple(name for name, style in STYLES.items() if style.is_drawn)
HELD_OUT_STYLES: tuple[str, ...] = tuple(name for name, style in STYLES.items() if style.is_held_out)


@cache
def load_sheet(style: str) -> dict[str, Image.Image]:
    """One RGBA image of 72x72 px for each noun that `style` draws."""
    picture, listing = sheet_paths(style)
    names = json.loads(listing.read_text(encoding="utf-8"))["names"]
    with Image.open(picture) as opened:
        sheet = opened.convert("RGBA")
    return {name: sheet.crop(sheet_box(index)) for index, name in enumerate(names)}


def sheet_paths(style: str) -> tuple[Path, Path]:
    """The picture and the listing of one style's sheet; InputError for an unknown style."""
    check_style(style)
    return SHEETS / f"{style}.webp", SHEETS / f"{style}.json"


def check_style(style: str) -> None:
    """InputError naming the nearest known style, unless there is one called `style`."""
    if style not in STYLES:
        raise InputError(f'unknown style "{style}"{nearest(style, STYLES)}; known: {", ".join(STYLES)}')


def sheet_box(index: int) -> tuple[int, int, int, int]:
    """Where the icon number `index` lies in a sheet: left, top, right, bottom in px."""
    left, top = index % COLUMNS * ICON_SIZE, index // COLUMNS * ICON_SIZE
    return left, top, left + ICON_SIZE, top + ICON_SIZE
