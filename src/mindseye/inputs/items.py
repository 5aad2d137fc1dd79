"""What callers hand over, as items: strings are texts; paths, bytes, PIL images and arrays are images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import PIL.Image

from ..errors import InputError
from ..messages import Image, Item, Message, Text, check_role
from .images import open_image


def as_items(things: Iterable[object]) -> tuple[Item, ...]:
    """Texts (str, Text) and images (PIL image, path, bytes, array, Image) as items; raises InputError for the rest."""
    return tuple(_as_item(thing) for thing in things)


def as_messages(things: Iterable[object]) -> tuple[Message, ...]:
    """Messages, (role, content) pairs and {"role", "content"} objects as messages with opened items.

    A content is a text, an image or a list of them. Raises InputError for unknown roles and other things.
    """
    if isinstance(things, (str, Mapping)) or not isinstance(things, Iterable):
        raise InputError(f'messages is {things!r}; expected a list, as in [("user", "what is a cat?")]')
    return tuple(_as_message(thing) for thing in things)


def _as_message(thing: object) -> Message:
    if isinstance(thing, Message):
        role, content = thing.role, thing.items
    elif isinstance(thing, Mapping) and {"role", "content"} <= set(thing):
        role, content = thing["role"], thing["content"]
    elif isinstance(thing, tuple) and len(thing) == 2:
        role, content = thing
    else:
        raise InputError(
            f'{thing!r} came as a message; expected Message("user", [...]), ("user", [...]) or '
            '{"role": "user", "content": [...]}'
        )
    check_role(role)
    return Message(role, as_items(content if isinstance(content, (list, tuple)) else [content]))


def _as_item(thing: object) -> Item:
    if isinstance(thing, (Text, Image)):
        return thing
    if isinstance(thing, str):
        return Text(_checked(thing))
    if isinstance(thing, (Path, bytes, PIL.Image.Image)):
        return Image(open_image(thing))
    if isinstance(thing, np.ndarray):
        return Image(open_image(_picture(thing)))
    raise InputError(
        f"an item of type {type(thing).__name__} came; expected a text (str) or an image (PIL image, pathlib.Path, "
        "bytes, numpy array). A str is always text: wrap a file name in pathlib.Path."
    )


def _picture(array: np.ndarray) -> PIL.Image.Image:
    """(H, W) or (H, W, 1) grey, (H, W, 3) RGB or (H, W, 4) RGBA, uint8."""
    is_legal = array.dtype == np.uint8 and array.size and (array.ndim == 2 or array.shape[2:] in ((1,), (3,), (4,)))
    if not is_legal:
        raise InputError(
            f"an array of {array.dtype} with shape {array.shape} came as an image; expected uint8 with shape "
            "(height, width) or (height, width, 1, 3 or 4)"
        )
    return PIL.Image.fromarray(array.reshape(array.shape[:2]) if array.shape[2:] == (1,) else array)


def _checked(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"a text holds bytes that are not UTF-8 (at {error.start}); save or type it as UTF-8"
        ) from error
    return text
