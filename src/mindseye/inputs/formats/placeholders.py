"""Where images stand in a text that says so: "<image>" is one of them, "<images>" all that are left."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...errors import InputError
from ...messages import Image, Item, Message, Text
from ..segments import Segment
from .prompt_format import See
from .templates import TemplateFormat

PLACEHOLDER = re.compile(r"<images?>")


class PlaceholderFormat(TemplateFormat):
    """A template whose users may say where an image stands; it stands where it was given otherwise."""

    def segments(self, message: Message, see: See) -> list[Segment]:
        return super().segments(Message(message.role, placed(message.items)), see)


def placed(items: Sequence[Item]) -> list[Item]:
    """Texts and images with every image at its placeholder.

    Without any placeholder or any image nothing changes. InputError where there are not as many of both.
    """
    images = [item for item in items if isinstance(item, Image)]
    spots = [spot for item in items if isinstance(item, Text) for spot in PLACEHOLDER.findall(item.text)]
    if not images or not spots:
        return list(items)
    if ("<images>" not in spots and len(spots) != len(images)) or len(spots) > len(images):
        raise InputError(f"the text has {len(spots)} of <image> for {len(images)} images; give as many of both")
    found: list[Item] = []
    for text in (item.text for item in items if isinstance(item, Text)):
        for piece in re.split(f"({PLACEHOLDER.pattern})", text):
            if PLACEHOLDER.fullmatch(piece):
                spots.pop(0)
                taken = 1 if piece == "<image>" else len(images) - len(spots)
                found += images[:taken]
                del images[:taken]
            elif piece:
                found.append(Text(piece))
    return found
