"""Pictures as PNG files that know how they were made."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .errors import InputError
from .given_files import parse_json
from .whole_files import whole_file

if TYPE_CHECKING:
    import PIL.Image

KEY = "mindseye"


def save_png(image: PIL.Image.Image, path: str | Path, facts: dict | None = None) -> Path:
    """Write a PNG with `facts` (prompt, options, seed, model, version) inside, whole or not at all."""
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise InputError(f'the picture\'s name "{path.name}" does not end in .png; pictures are saved as PNG')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as unfinished:
            _write(image, unfinished, facts)
    except OSError as error:
        raise InputError(f"the picture cannot be written to {path}: {error.strerror or error}") from error
    return path


def to_png(image: PIL.Image.Image, facts: dict | None = None) -> bytes:
    """The bytes of the file that `save_png` writes."""
    buffer = io.BytesIO()
    _write(image, buffer, facts)
    return buffer.getvalue()


def _write(image: PIL.Image.Image, file: Path | IO[bytes], facts: dict | None) -> None:
    from PIL.PngImagePlugin import PngInfo  # 40 ms that a question need not wait for

    info = PngInfo()
    if facts:
        info.add_itxt(KEY, json.dumps(facts, ensure_ascii=False))
    image.save(file, format="PNG", pnginfo=info)


def read_facts(image: PIL.Image.Image) -> dict | None:
    """The facts inside a picture made by `save_png`, or None."""
    try:
        said = parse_json(getattr(image, "text", {}).get(KEY, "null"))
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
