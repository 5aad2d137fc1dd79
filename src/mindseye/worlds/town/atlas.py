"""Build the sprite sheets out of npm icon sets; only needed when a noun or a style is added.

    cd SOME_FOLDER; npm install --no-save @iconify-json/{noto,twemoji,fluent-emoji-flat,emojione}
    python -m mindseye.worlds.town.atlas --from SOME_FOLDER/node_modules

Needs the extra `icons` (resvg). A noun that a held-out style lacks is left out there; a taught style must have all.
"""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import InputError, nearest
from .nouns import NOUNS
from .styles import COLUMNS, ICON_SIZE, STYLES, sheet_box, sheet_paths


def build_sheet(style: str, node_modules: Path) -> None:
    """Rasterise the icon of every noun out of `node_modules` and write the sheet and its listing."""
    picture, listing = sheet_paths(style)
    credit = STYLES[style]
    source = node_modules / credit.package / "icons.json"
    if not source.is_file():
        raise InputError(f"{source} does not exist; run `npm install --no-save {credit.package}` first")
    icons = json.loads(source.read_text(encoding="utf-8"))
    names = [name for name, noun in NOUNS.items() if not credit.is_held_out or _find(icons, noun.icon)]
    rows = -(-len(names) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * ICON_SIZE, rows * ICON_SIZE))
    for index, name in enumerate(names):
        sheet.paste(_rasterise(icons, NOUNS[name].icon), sheet_box(index)[:2])
    pixels = np.array(sheet)
    pixels[pixels[..., 3] == 0] = 0  # invisible colours would only cost bytes
    Image.fromarray(pixels).save(picture, lossless=True, quality=100, method=6)
    facts = {"style": style, "icon_size": ICON_SIZE, "credit": asdict(credit), "names": names}
    listing.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _find(icons: dict, name: str) -> dict | None:
    """The icon under its own name or that of its parent."""
    return icons["icons"].get(icons.get("aliases", {}).get(name, {}).get("parent", name))


def _rasterise(icons: dict, name: str) -> Image.Image:
    import resvg_py

    icon = _find(icons, name)
    if icon is None:
        raise InputError(f'the icon set has no "{name}"{nearest(name, icons["icons"])}')
    width, height = (icon.get(side, icons.get(side, 16)) for side in ("width", "height"))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}">{icon["body"]}</svg>'
    )
    png = resvg_py.svg_to_bytes(svg_string=svg, width=ICON_SIZE, height=ICON_SIZE, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def main() -> None:
    """Build the sheets of all styles, or of one."""
    parser = argparse.ArgumentParser(prog="python -m mindseye.worlds.town.atlas", description=main.__doc__)
    parser.add_argument("--from", dest="node_modules", type=Path, required=True)
    parser.add_argument("--style", choices=list(STYLES), action="append")
    options = parser.parse_args()
    for style in options.style or STYLES:
        build_sheet(style, options.node_modules)


if __name__ == "__main__":
    main()
