"""What a command line hands over and where its results go, checked before a model is loaded: that may take minutes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .. import samples
from ..errors import InputError, nearest
from ..whole_files import claim_folder, claim_name

if TYPE_CHECKING:
    from ..messages import Image

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
PIPE = "-"
LONGEST_TEXT = 1_000_000  # bytes of a prompt from standard input


def is_file(word: str | Path) -> bool:
    """Whether a word names a file; what cannot be a name at all (too long, say) does not."""
    try:
        return samples.is_sample(str(word)) or Path(word).is_file()
    except (OSError, ValueError):
        return False


def looks_like_image(word: str) -> bool:
    """Whether a word is written like the name of an image file, and not like a sentence."""
    return word.lower().endswith(IMAGE_SUFFIXES) and not re.search(r"\s", word.strip())


def open_given(name: str | Path) -> Image:
    """The image in a file, of a sample ("sample:cat-dog") or on standard input ("-"); InputError says what is wrong."""
    from ..inputs.images import LARGEST_FILE, open_image
    from ..messages import Image

    if str(name) != PIPE:
        return Image(open_image(Path(name)))
    data = _standard_input("a picture").read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise InputError(f"standard input holds more than {LARGEST_FILE / 1e6:.0f} MB, which is no picture")
    if not data:
        raise InputError("standard input is empty; expected a picture, as from `mindseye draw ... -o -`")
    try:
        return Image(open_image(data))
    except InputError as error:
        raise InputError(f"on standard input: {error}") from error


def words_given(word: str, meaning: str) -> str:
    """The words of a prompt; for "-" those on standard input, without the line's end."""
    if word != PIPE:
        return word
    data = _standard_input(f"the {meaning}").read(LONGEST_TEXT + 1)
    if len(data) > LONGEST_TEXT:
        raise InputError(f"standard input holds more than {LONGEST_TEXT / 1e6:.0f} MB, which is no {meaning}")
    try:
        return data.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"the {meaning} on standard input is not UTF-8 (at byte {error.start})") from error


def _standard_input(what: str) -> BinaryIO:
    if sys.stdin is None:
        raise InputError(f'"-" reads {what} from standard input, which is closed')
    if sys.stdin.isatty():
        raise InputError(f'"-" reads {what} from standard input, which is a terminal; send it through a pipe')
    return sys.stdin.buffer


def images_then_words(said: Sequence[str], words: str) -> list[Image | str]:
    """Image files and, last, some words: what `words` calls a question, an instruction or an action."""
    *images, last = said
    if list(said).count(PIPE) > 1:
        raise InputError('"-" stands twice, but standard input can be read only once')
    if samples.is_sample(last) or (last.lower().endswith(IMAGE_SUFFIXES) and is_file(last)):
        raise InputError(f'the last word is the image "{last}"; give the images first and the {words} last, in quotes')
    if looks_like_image(last):
        raise InputError(
            f'"{last}" is no file here{nearest(last, _names_in(Path(last).parent))}, and no {words}; give the images '
            f"first and the {words} last, in quotes"
        )
    text = words_given(last, words)
    if not text.strip():
        raise InputError(f"the prompt is empty; give the {words} in words")
    loose = next((word for word in images if re.fullmatch(r"\w+[,;:]?", word) and not os.path.exists(word)), None)
    if loose:
        raise InputError(
            f'"{loose}" is no image here; write the {words} in quotes, as one: "{" ".join(said[said.index(loose) :])}"'
        )
    return [*map(open_given, images), text]


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


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
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise InputError(f'cannot write into "{folder}": {said}; choose another --output') from error
    if not os.access(folder, os.W_OK):
        raise InputError(f'cannot write into "{folder}": it is read-only; choose another --output')
    return folder


def stem_of(name: str) -> str:
    """What the results of a picture are named after."""
    return "picture" if name == PIPE else Path(name.removeprefix(samples.PREFIX)).stem


def free_name(stem: str, folder: Path = Path()) -> Path:
    """`stem`.png, or the first of `stem`-2.png, `stem`-3.png ... that is free; it is then taken, and still empty."""
    try:
        return claim_name(stem, folder, ".png")
    except OSError as error:
        raise InputError(f'cannot write into "{folder}": {error.strerror}; choose another --output') from error


def free_folder(stem: str) -> Path:
    """`stem`, or the first of `stem`-2, `stem`-3 ... that did not exist; it then does."""
    try:
        return claim_folder(stem, Path())
    except OSError as error:
        raise InputError(f"cannot make a folder here: {error.strerror}; choose an --output") from error
