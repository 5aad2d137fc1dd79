"""What comes out of the engine while a request runs."""

from __future__ import annotations

from dataclasses import dataclass, field

import PIL.Image

from .thoughts import CLOSE, split_thought


@dataclass(frozen=True)
class TokenLogprob:
    """A written token with its natural log-probability, and the likeliest tokens with theirs.

    Probabilities are the model's own, before temperature, penalties and filters.
    """

    token_id: int
    logprob: float
    likeliest: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class TextDelta:
    """A piece of text; `is_thought` while the model thinks before its answer or drawing, whose tags are left out.

    `logprobs`, where they were asked for, are those of all tokens since the piece before.
    """

    text: str
    is_thought: bool = False
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True)
class TextDone:
    """A finished text, tags included. `finish` is "end", "stop" (a stop string) or "length" (its tokens ran out)."""

    text: str
    token_ids: tuple[int, ...]
    finish: str
    is_thought: bool = False
    logprobs: tuple[TokenLogprob, ...] = ()

    @property
    def thought(self) -> str | None:
        """What was thought, without tags, or None."""
        text = self.text + CLOSE if self.is_thought and CLOSE not in self.text else self.text
        return split_thought(text)[0]

    @property
    def answer(self) -> str:
        """What was said, without thoughts; "" for a thought before a drawing."""
        return "" if self.is_thought else split_thought(self.text)[1]


@dataclass(frozen=True)
class DrawingStarted:
    """A picture begins. `why`: "asked", "model", "forced", "mark", "rule" or "bias"; sizes in pixels.

    `size_from` tells where the size comes from: "asked", "last image" or "default".
    """

    width: int
    height: int
    why: str
    size_from: str


@dataclass(frozen=True, eq=False)
class DrawingStep:
    """One denoising update is done: `step` of `num_steps`. `preview` is what it promises, every so many if asked."""

    step: int
    num_steps: int
    preview: PIL.Image.Image | None = None


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
    as they pass through the network, `tokens_reused` are those whose keys and values were found again instead;
    `seconds` holds wall-clock times by stage.
    """

    finish: str
    tokens_read: int = 0
    tokens_written: int = 0
    denoising_passes: int = 0
    tokens_reused: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The request could not be finished; the others go on."""

    error: Exception


Event = TextDelta | TextDone | DrawingStarted | DrawingStep | ImageDone | TurnEnd | Failed
