"""Where the pictures lie that rows name: data URLs, bytes, and paths against several folders."""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..errors import InputError, nearest
from .row_forms import PictureField

MOST_LOOKED_AT = 500  # names of a folder that may be what a missing picture was meant to be
_DATA_URL = re.compile(r"data:([^;,]*)((?:;[^;,]*)*),", re.ASCII)


@dataclass(frozen=True)
class PictureFinder:
    """Finds pictures; a relative path is looked for in `folders`, in this order."""

    folders: tuple[Path, ...]

    @classmethod
    def beside(cls, rows: Path, image_root: Path | None, here: Path = Path()) -> PictureFinder:
        """The working directory, the folder of the rows, the image root."""
        folders = (here, rows.parent, *([image_root] if image_root else []))
        return cls(tuple({folder.resolve(): folder for folder in folders}.values()))

    def find(self, picture: PictureField) -> Path | bytes:
        """The file, or the bytes of a file; InputError that names the field and says where it was looked for."""
        source = picture.source
        if isinstance(source, bytes):
            return source
        if source.startswith("data:"):
            return _decode(source, picture.field)
        if source.startswith(("http:", "https:")):
            raise InputError(f"{picture.field} is the address {source[:80]}; expected a file: download it first")
        name = urllib.parse.unquote(source.removeprefix("file://")) if source.startswith("file://") else source
        return self._file(name, picture.field)

    def _file(self, name: str, field: str) -> Path:
        path = Path(name)
        candidates = [path] if path.is_absolute() else [folder / path for folder in self.folders]
        try:
            if "\0" in name:
                raise ValueError("a zero byte")
            found = next((candidate for candidate in candidates if candidate.exists()), None)
        except (OSError, ValueError) as error:  # too long or with a zero byte: no name at all
            raise InputError(f"{field} is {name[:60]!r}, which cannot be the name of a file") from error
        if found is None:
            raise InputError(f'{field} "{name}" was not found in {_places(candidates)}{_near(path, candidates)}')
        if not found.is_file():
            raise InputError(f'{field} "{name}" is a folder or no plain file; expected a picture')
        return found


def _decode(url: str, field: str) -> bytes:
    head = _DATA_URL.match(url)
    if not head:
        raise InputError(f"{field} is a data URL without a comma: {url[:40]!r}; expected data:image/png;base64,...")
    kind, options, body = head[1], head[2], url[head.end() :]
    if kind and not kind.startswith("image/"):
        raise InputError(f"{field} is a data URL of {kind}; expected a picture, as in data:image/png;base64,...")
    if ";base64" not in options:
        return urllib.parse.unquote_to_bytes(body)
    try:
        return base64.b64decode(urllib.parse.unquote(body), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(f"{field} is a data URL whose base64 is broken ({error})") from error


def _places(candidates: Iterable[Path]) -> str:
    return ", ".join(dict.fromkeys(str(candidate.parent) for candidate in candidates))


def _near(path: Path, candidates: Iterable[Path]) -> str:
    folders = {candidate.parent for candidate in candidates if candidate.parent.is_dir()}
    return nearest(path.name, [entry.name for folder in folders for entry in islice(folder.iterdir(), MOST_LOOKED_AT)])
