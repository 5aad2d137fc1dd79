"""What comes out of the engine while a request runs."""

from __future__ import annotations

from dataclasses import dataclass, field

import PIL.Image


@dataclass(frozen=True)
class TextDelta:
    """A piece of text; `is_thought` while the model thinks before its answer or drawing."""

    text: str
    is_thought: bool = False


@dataclass(frozen=True)
class TextDone:
    """A finished text. `finish` is "end", "stop" (a stop string) or "length" (its tokens ran out)."""

    text: str
    token_ids: tuple[int, ...]
    finish: str
    is_thought: bool = False


@dataclass(frozen=True)
class DrawingStarted:
    """A picture begins. `why`: "asked", "model", "forced", "mark", "rule" or "bias"; sizes in pixels.

    `size_from` tells where the size comes from: "asked", "last image" or "default".
    """

    width: int
    height: int
    why: str
    size_from: str


@dataclass(frozen=True)
class DrawingStep:
    """One denoising update is done: `step` of `num_steps`."""

    step: int
    num_steps: int


@dataclass(frozen=True, eq=False)
class ImageDone:
    """A finished picture with the options and the seed that made it."""

    image: PIL.Image.Image
    why: str
    size_from: str
    seed: int
    options: dict


@dataclass(frozen=True)
class TurnEnd:
    """The request is over.

    `finish`: "end", "stop", "length", or the cap that ended it ("max_rounds", "max_images"). Tokens are counted
    as they pass through the network; `seconds` holds wall-clock times by stage.
    """

    finish: str
    tokens_read: int = 0
    tokens_written: int = 0
    denoising_passes: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The request could not be finished; the others go on."""

    error: Exception


Event = TextDelta | TextDone | DrawingStarted | DrawingStep | ImageDone | TurnEnd | Failed
