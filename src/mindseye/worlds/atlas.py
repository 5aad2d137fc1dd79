"""The drawings: one sprite sheet a style, shipped with the package and built from an npm icon set.

    npm install --no-save @iconify-json/noto
    python -m mindseye.worlds.atlas --from node_modules

Building needs the extra `icons`; using the sheets needs only numpy and Pillow. A further style is a further
entry in `STYLES` and a further pair of files in `sheets/`.
"""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from mindseye.errors import InputError, nearest
from mindseye.worlds.nouns import NOUNS

ICON_SIZE = 64  # px a side, as stored in the sheet
COLUMNS = 10
SHEETS = Path(__file__).with_name("sheets")


@dataclass(frozen=True)
class Style:
    """A set of drawings and whom to thank for it."""

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
    return {name: sheet.crop(_box(index)) for index, name in enumerate(names)}


def sheet_paths(style: str) -> tuple[Path, Path]:
    """The picture and the listing of one style's sheet; InputError for a style that is not shipped."""
    if style not in STYLES:
        raise InputError(f'unknown style "{style}"{nearest(style, STYLES)}; known: {", ".join(STYLES)}')
    return SHEETS / f"{style}.png", SHEETS / f"{style}.json"


def build_sheet(style: str, node_modules: Path) -> None:
    """Rasterise the icon of every noun out of `node_modules` and write the sheet and its listing."""
    credit = STYLES[style]
    source = node_modules / credit.package / "icons.json"
    if not source.is_file():
        raise InputError(f"{source} does not exist; run `npm install --no-save {credit.package}` first")
    icons = json.loads(source.read_text(encoding="utf-8"))
    rows = -(-len(NOUNS) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * ICON_SIZE, rows * ICON_SIZE))
    for index, noun in enumerate(NOUNS.values()):
        sheet.paste(_rasterise(icons, noun.icon), _box(index)[:2])
    pixels = np.array(sheet)
    pixels[pixels[..., 3] == 0] = 0  # invisible colours would only cost bytes
    picture, listing = sheet_paths(style)
    picture.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(picture, optimize=True)
    facts = {"style": style, "icon_size": ICON_SIZE, "credit": vars(credit), "names": list(NOUNS)}
    listing.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _box(index: int) -> tuple[int, int, int, int]:
    left, top = index % COLUMNS * ICON_SIZE, index // COLUMNS * ICON_SIZE
    return left, top, left + ICON_SIZE, top + ICON_SIZE


def _rasterise(icons: dict, name: str) -> Image.Image:
    import resvg_py

    original = icons.get("aliases", {}).get(name, {}).get("parent", name)
    if original not in icons["icons"]:
        raise InputError(f'the icon set has no "{name}"{nearest(name, icons["icons"])}')
    icon = icons["icons"][original]
    width, height = (icon.get(side, icons.get(side, 16)) for side in ("width", "height"))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
    )
    png = resvg_py.svg_to_bytes(svg_string=svg, width=ICON_SIZE, height=ICON_SIZE, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def main() -> None:
    """Build the sheets of all styles, or of one."""
    parser = argparse.ArgumentParser(prog="python -m mindseye.worlds.atlas", description=main.__doc__)
    parser.add_argument("--from", dest="node_modules", type=Path, required=True)
    parser.add_argument("--style", choices=list(STYLES), action="append")
    options = parser.parse_args()
    for style in options.style or STYLES:
        build_sheet(style, options.node_modules)


if __name__ == "__main__":
    main()
