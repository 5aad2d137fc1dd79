"""An answer: what came out of a request, put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import PIL.Image

from .errors import InputError
from .events import Event, ImageDone, TextDone, TurnEnd
from .pictures import save_png


@dataclass(frozen=True, eq=False)
class Reply:
    """Texts and images in the order they came."""

    parts: tuple[str | PIL.Image.Image, ...]
    thought: str | None
    end: TurnEnd
    events: tuple[Event, ...] = field(repr=False)
    facts: dict[str, Any] = field(repr=False)

    @property
    def text(self) -> str:
        """All texts, one after the other, without thoughts."""
        return "\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def images(self) -> tuple[PIL.Image.Image, ...]:
        return tuple(part for part in self.parts if isinstance(part, PIL.Image.Image))

    @property
    def image(self) -> PIL.Image.Image:
        """The last image; raises InputError when there is none."""
        if not self.images:
            raise InputError("this reply has no image; ask for one with draw or edit")
        return self.images[-1]

    def save(self, path: str | Path) -> Path:
        """Write the last image as PNG with the prompt, options, seed, model and version inside."""
        return save_png(self.image, path, self.facts)

    def __str__(self) -> str:
        return self.text


def parts_of(events: Iterable[Event]) -> tuple[tuple[str | PIL.Image.Image, ...], str | None]:
    """The texts and pictures of a request's events in order, and the last thought."""
    parts: list[str | PIL.Image.Image] = []
    thought: str | None = None
    for event in events:
        if isinstance(event, TextDone):
            thought = event.thought if event.thought is not None else thought
            if not event.is_thought:
                parts.append(event.answer)
        elif isinstance(event, ImageDone):
            parts.append(event.image)
    return tuple(parts), thought
