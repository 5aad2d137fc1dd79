"""What a command line hands over and where its results go, checked before a model is loaded: that may take minutes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from ..messages import Image

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")


def is_file(word: str | Path) -> bool:
    """Whether a word names a file; what cannot be a name at all (too long, say) does not."""
    try:
        return Path(word).is_file()
    except (OSError, ValueError):
        return False


def open_given(name: str | Path) -> Image:
    """The image in a file; InputError that says what is wrong with it."""
    from ..inputs.images import open_image

    return Image(open_image(Path(name)))


def images_then_words(said: Sequence[str], words: str) -> list[Image | str]:
    """Image files and, last, some words: what `words` calls a question, an instruction or an action."""
    *images, last = said
    if last.lower().endswith(IMAGE_SUFFIXES) and is_file(last):
        raise InputError(f'the last word is the image "{last}"; give the images first and the {words} last, in quotes')
    return [*map(open_given, images), last]


def check_picture_name(path: Path) -> None:
    """Raise InputError unless a PNG can be written there."""
    if path.suffix.lower() != ".png":
        raise InputError(f'--output is "{path}"; expected a name that ends in .png')
    if path.is_dir():
        raise InputError(f'--output is "{path}", which is a folder; expected the name of a PNG in it')
    make_folder(path.parent)


def make_folder(folder: Path) -> Path:
    """The folder, made if it is absent; InputError when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f'cannot write into "{folder}": a file stands in the way; choose another --output') from error
    except OSError as error:
        raise InputError(f'cannot write into "{folder}": {error.strerror}; choose another --output') from error
    if not os.access(folder, os.W_OK):
        raise InputError(f'cannot write into "{folder}": it is read-only; choose another --output')
    return folder


def free_name(stem: str, folder: Path = Path()) -> Path:
    """`stem`.png, or the first of `stem`-2.png, `stem`-3.png ... that does not exist yet."""
    return _free(stem, folder, ".png")


def free_folder(stem: str) -> Path:
    """`stem`, or the first of `stem`-2, `stem`-3 ... that does not exist yet."""
    return _free(stem, Path(), "")


def _free(stem: str, folder: Path, suffix: str) -> Path:
    path, number = folder / f"{stem}{suffix}", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}{suffix}", number + 1
    return path
