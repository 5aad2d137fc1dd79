"""The photographs of the Debian package tuxpaint-stamps-default, read where it is installed.

A stamp is a PNG, cut out, with a text beside it: a description in English, then a line a language ("de.utf8=..."). The
package is under GPL-2; nothing of it comes with mindseye.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image

from ..errors import InputError
from ..given_files import read_given
from ..inputs.images import LARGEST_FILE, open_image
from .problems import Problems
from .writing import Prepared, conversation

INSTALLED = Path("/usr/share/tuxpaint/stamps")
PACKAGE = "tuxpaint-stamps-default"
REQUEST = "what is this?"
LARGEST_TEXT = 1_000_000  # bytes
DRAWN = ("cartoon", "symbols")
"""Folders whose pictures are drawn, whatever their colours."""
LOOKED_AT = 128  # px a side, in which colours are counted
COLOURS = 1500  # from which on a picture is a photograph: drawings have few, photographs a new one at each pixel
COPIES = ("_mirror", "_flip", "_mirror_flip")
HELD_OUT = {"validation": 0.1, "test": 0.1}


def stamp_rows(folder: Path, problems: Problems, with_drawings: bool = False) -> Iterator[Prepared]:
    """Photographs (or all pictures) with their description in `captions`, all languages in `descriptions`.

    The split depends on a stamp's name alone. InputError, with the command that installs them, where there are none.
    """
    pictures = sorted(folder.rglob("*.png")) if folder.is_dir() else []
    if not pictures:
        raise InputError(f"{folder} holds no stamps; install them: sudo apt install {PACKAGE}")
    for path in pictures:
        if not path.stem.endswith(COPIES):
            try:
                row = _row(path, folder, with_drawings, problems)
            except InputError as error:
                problems.add("corrupt", path.relative_to(folder), str(error))
                continue
            if row is not None:
                yield row


def described(data: bytes) -> dict[str, str]:
    """The description of a stamp by language, "en" first; empty where it has none."""
    first, *rest = data.decode("utf-8", "replace").removeprefix("\ufeff").splitlines() or [""]
    said = {"en": first.strip()} if first.strip() else {}
    for line in rest:
        name, _, text = line.partition("=")
        if name.endswith(".utf8") and text.strip():
            said[name.removesuffix(".utf8")] = text.strip()
    return said


def is_photograph(path: Path, image: PIL.Image.Image) -> bool:
    """Whether a stamp is a photograph, by its folder and the number of its colours."""
    if any(part in DRAWN for part in path.parts):
        return False
    small = image.resize((LOOKED_AT, LOOKED_AT), PIL.Image.Resampling.NEAREST)
    return len(np.unique(np.asarray(small).reshape(-1, 3), axis=0)) > COLOURS


def split_of(name: str) -> str:
    """The split of a stamp: a tenth is for validation, a tenth for the test."""
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
    for split, size in HELD_OUT.items():
        if share < size:
            return split
        share -= size
    return "train"


def _row(path: Path, folder: Path, with_drawings: bool, problems: Problems) -> Prepared | None:
    name = path.relative_to(folder)
    try:
        data = read_given(path, LARGEST_FILE)
        text = path.with_suffix(".txt")
        said = described(read_given(text, LARGEST_TEXT)) if text.is_file() else {}
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}") from error
    is_photo = is_photograph(name, open_image(data))
    if not (is_photo or with_drawings):
        return None
    if "en" not in said:
        problems.add("uncaptioned", name, "no text beside it describes it")
        return None
    key = name.with_suffix("").as_posix().replace("/", "-")
    fields = {
        "sample_id": f"stamps-{key}",
        "split": split_of(key),
        "source": "stamps",
        "kind": name.parent.as_posix(),
        "is_photograph": int(is_photo),
        "conversations": conversation(REQUEST, said["en"]),
        "captions": [said["en"]],
        "descriptions": said,
    }
    return Prepared(fields, data, f"{key}.png")
