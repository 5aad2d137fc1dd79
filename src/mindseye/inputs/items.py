"""What callers hand over, as items: strings are texts; paths, bytes and PIL images are images."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import PIL.Image

from ..errors import InputError
from ..messages import Image, Item, Text
from .images import open_image


def as_items(things: Iterable[object]) -> tuple[Item, ...]:
    """Texts (str, Text) and images (PIL image, path, bytes, Image) as items; raises InputError for the rest."""
    return tuple(_as_item(thing) for thing in things)


def _as_item(thing: object) -> Item:
    if isinstance(thing, (Text, Image)):
        return thing
    if isinstance(thing, str):
        return Text(_checked(thing))
    if isinstance(thing, (Path, bytes, PIL.Image.Image)):
        return Image(open_image(thing))
    raise InputError(
        f"an item of type {type(thing).__name__} came; expected a text (str) or an image (PIL image, pathlib.Path, "
        "bytes). A str is always text: wrap a file name in pathlib.Path."
    )


def _checked(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"a text holds bytes that are not UTF-8 (at {error.start}); save or type it as UTF-8"
        ) from error
    return text
