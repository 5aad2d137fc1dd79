"""Pictures as PNG files that know how they were made."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
from PIL.PngImagePlugin import PngInfo

from .errors import InputError
from .given_files import parse_json
from .whole_files import whole_file

KEY = "mindseye"


def save_png(image: PIL.Image.Image, path: str | Path, facts: dict | None = None) -> Path:
    """Write a PNG with `facts` (prompt, options, seed, model, version) inside, whole or not at all."""
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise InputError(f'the picture\'s name "{path.name}" does not end in .png; pictures are saved as PNG')
    info = PngInfo()
    if facts:
        info.add_itxt(KEY, json.dumps(facts, ensure_ascii=False))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as unfinished:
            image.save(unfinished, format="PNG", pnginfo=info)
    except OSError as error:
        raise InputError(f"the picture cannot be written to {path}: {error.strerror or error}") from error
    return path


def read_facts(image: PIL.Image.Image) -> dict | None:
    """The facts inside a picture made by `save_png`, or None."""
    try:
        return parse_json(getattr(image, "text", {}).get(KEY, "null"))
    except ValueError:
        return None
