"""A picture that a model is asked about as training goes on, and never learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import PIL.Image

from ...errors import SettingsError
from ...messages import Image, Message, Text
from .stream import Stream


@dataclass(frozen=True, eq=False)
class Exhibit:
    """What is said to the model, up to what it shall answer; `expected` is the truth, None where nobody knows it."""

    messages: tuple[Message, ...]
    expected: str | None = None

    @property
    def picture(self) -> PIL.Image.Image | None:
        """The last one that is shown."""
        pictures = [item.image for message in self.messages for item in message.items if isinstance(item, Image)]
        return pictures[-1] if pictures else None


class ShowingStream(Stream, Protocol):
    """A stream that has some."""

    def exhibits(self, count: int) -> list[Exhibit]: ...


def asked(picture: PIL.Image.Image, question: str, expected: str | None = None) -> Exhibit:
    """One picture with one question."""
    return Exhibit((Message("user", (Image(picture), Text(question))),), expected)


def last_answer(messages: Sequence[Message]) -> Exhibit:
    """A whole conversation, of which the model's last turn must be said; SettingsError where it has none."""
    for number in range(len(messages) - 1, 0, -1):
        if messages[number].role == "assistant" and messages[number - 1].role == "user":
            return Exhibit(tuple(messages[:number]), messages[number].text)
    raise SettingsError("a held-out row has no answer to a user's words; take it out")
