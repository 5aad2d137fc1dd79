"""What is said: texts and images in any order, by somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import PIL.Image

from .errors import InputError, nearest

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class Text:
    """A piece of text."""

    text: str


@dataclass(frozen=True, eq=False)
class Image:
    """A picture, already opened."""

    image: PIL.Image.Image


Item = Text | Image


@dataclass(frozen=True, eq=False)
class Message:
    """What one side said: `role` is "system", "user" or "assistant" (the model), `items` are texts and pictures.

    Whatever takes messages from a caller opens its files and reads its strings, so items may be plain ones there, as
    in Message("user", ["what is this?", Path("cat.png")]).
    """

    role: str
    items: Sequence[Any]

    @property
    def text(self) -> str:
        """All its texts, one after the other."""
        items = [self.items] if isinstance(self.items, str) else self.items
        said = [item.text if isinstance(item, Text) else item for item in items]
        return "\n".join(text for text in said if isinstance(text, str))


def check_role(role: object) -> None:
    """Raise InputError unless somebody may speak in this role."""
    if role not in ROLES:
        raise InputError(f'the role of a message is "{role}"{nearest(str(role), ROLES)}; expected {", ".join(ROLES)}')
