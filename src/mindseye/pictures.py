"""Pictures as PNG files that know how they were made."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import PIL.Image
from PIL.PngImagePlugin import PngInfo

from .errors import InputError

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
        unfinished = path.with_name(f".{path.name}.part")
        image.save(unfinished, format="PNG", pnginfo=info)
        os.replace(unfinished, path)
    except OSError as error:
        raise InputError(f"the picture cannot be written to {path}: {error.strerror or error}") from error
    return path


def read_facts(image: PIL.Image.Image) -> dict | None:
    """The facts inside a picture made by `save_png`, or None."""
    try:
        return json.loads(getattr(image, "text", {}).get(KEY, "null"))
    except ValueError:
        return None


def as_png(image: PIL.Image.Image, facts: dict | None = None) -> bytes:
    """The bytes of a PNG as `save_png` writes it."""
    info = PngInfo()
    if facts:
        info.add_itxt(KEY, json.dumps(facts, ensure_ascii=False))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", pnginfo=info)
    return buffer.getvalue()
