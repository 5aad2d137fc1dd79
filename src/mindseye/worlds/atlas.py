"""Build the sprite sheets out of an npm icon set; only needed when a noun or a style is added.

    npm install --no-save @iconify-json/noto
    python -m mindseye.worlds.atlas --from node_modules

Needs the extra `icons` (resvg). A further style is a further entry in `sprites.STYLES`.
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import InputError, nearest
from .nouns import NOUNS
from .sprites import COLUMNS, ICON_SIZE, STYLES, sheet_box, sheet_paths


def build_sheet(style: str, node_modules: Path) -> None:
    """Rasterise the icon of every noun out of `node_modules` and write the sheet and its listing."""
    picture, listing = sheet_paths(style)
    credit = STYLES[style]
    source = node_modules / credit.package / "icons.json"
    if not source.is_file():
        raise InputError(f"{source} does not exist; run `npm install --no-save {credit.package}` first")
    icons = json.loads(source.read_text(encoding="utf-8"))
    rows = -(-len(NOUNS) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * ICON_SIZE, rows * ICON_SIZE))
    for index, noun in enumerate(NOUNS.values()):
        sheet.paste(_rasterise(icons, noun.icon), sheet_box(index)[:2])
    pixels = np.array(sheet)
    pixels[pixels[..., 3] == 0] = 0  # invisible colours would only cost bytes
    picture.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(picture, optimize=True)
    facts = {"style": style, "icon_size": ICON_SIZE, "credit": vars(credit), "names": list(NOUNS)}
    listing.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


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
