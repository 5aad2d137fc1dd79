"""What a model family makes of messages: the one object that knows its marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import PIL.Image

from ...messages import Message
from ..segments import ImageFrame, Segment, TextSegment

See = Callable[[PIL.Image.Image], Sequence[Segment]]
"""Turns an image into its segments."""


class PromptFormat(Protocol):
    """Messages -> segments, and how a conversation and an answer begin and end.

    `start` is read once, before everything else (Llama's beginning-of-text mark).
    `opening` is read before the first token of an answer, `closing` after its last; a token of `stop_ids` ends it.
    `image_opening` is the token with which the model asks to draw, None where it never does.
    """

    name: str
    stop_ids: frozenset[int]

    @property
    def start(self) -> tuple[int, ...]: ...
    @property
    def opening(self) -> tuple[int, ...]: ...
    @property
    def closing(self) -> tuple[int, ...]: ...
    @property
    def image_opening(self) -> int | None: ...
    @property
    def image_frame(self) -> ImageFrame: ...

    def segments(self, message: Message, see: See) -> list[Segment]:
        """A whole message as the network reads it."""
        ...

    def written(self, ids: Sequence[int], role: str) -> TextSegment:
        """A text of the model as it stands in the context afterwards."""
        ...
