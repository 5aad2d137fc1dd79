"""Requests answered by a script instead of a network: what batch runs, servers and applications are tested on.

    model = mindseye.FakeModel(lambda request: [Say("a cat"), Draw(steps=3)])

A script sees the request and says what comes: texts word by word, pictures step by step, with delays, and errors. The
engine, its scheduler and its events are the real ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import PIL.Image

from ..errors import InputError
from ..events import DrawingStarted, DrawingStep, ImageDone, TextDelta, TextDone
from ..messages import Image
from .turns import Request
from .work import Story, Tally, Wait

SIDE = 64  # pixels


@dataclass(frozen=True)
class Say:
    """A text, word by word, each after so many seconds; with `is_thought` what is thought before a drawing."""

    text: str
    seconds_a_word: float = 0.0
    is_thought: bool = False
    finish: str = "end"


@dataclass(frozen=True)
class Draw:
    """A picture, in so many steps of so many seconds; a plain one whose colour is the seed's unless one is given."""

    image: PIL.Image.Image | None = None
    steps: int = 2
    seconds_a_step: float = 0.0
    why: str = "asked"


@dataclass(frozen=True)
class Pause:
    """Nothing for so many seconds."""

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds >= 0:
            raise InputError(f"a pause of {self.seconds} seconds; expected 0 or more")


Step = Say | Draw | Pause | Exception | str
Script = Callable[[Request], Sequence[Step]]


def echo(request: Request) -> list[Step]:
    """The script of those who give none: words back for words, a plain picture where one is asked for."""
    words = request.said[-1].text
    if request.task == "ask":
        return [Say(words)]
    if request.task == "generate":
        return [Say(words), Draw(why="model")] if request.when_to_draw.kind != "never" else [Say(words)]
    return [Say("<think>a plain picture</think>", is_thought=True), Draw()] if request.think else [Draw()]


def fake_story(request: Request, script: Script) -> Story[str]:
    """The story of a request that goes by its script."""
    items = [item for message in request.said for item in message.items]
    yield Tally("tokens_read", sum(1 if isinstance(item, Image) else len(item.text.split()) for item in items))
    finish = "end"
    for step in script(request):
        if isinstance(step, Exception):
            raise step
        if isinstance(step, str):
            step = Say(step)
        if isinstance(step, Pause):
            yield Wait(step.seconds)
        elif isinstance(step, Say):
            yield from _say(step)
            finish = step.finish
        elif isinstance(step, Draw):
            yield from _draw(step, request)
        else:
            raise InputError(f"a script gave {step!r}; expected Say, Draw, Pause, a text or an error to raise")
    return finish


def _say(step: Say) -> Story[None]:
    words = re.findall(r"\s*\S+\s*?", step.text) or [step.text]
    for word in words:
        if step.seconds_a_word:
            yield Wait(step.seconds_a_word)
        yield Tally("tokens_written", 1)
        yield TextDelta(word, step.is_thought)
    yield TextDone(step.text, tuple(range(len(words))), step.finish, step.is_thought)


def _draw(step: Draw, request: Request) -> Story[None]:
    width, height = request.image.width or SIDE, request.image.height or SIDE
    image = step.image or PIL.Image.new("RGB", (width, height), colour_of(request.seed))
    size_from = "asked" if request.image.width else "default"
    yield DrawingStarted(*image.size, step.why, size_from)
    for number in range(step.steps):
        if step.seconds_a_step:
            yield Wait(step.seconds_a_step)
        yield Tally("denoising_passes", 1)
        yield DrawingStep(number + 1, step.steps)
    options = {**asdict(request.image), "width": image.width, "height": image.height}
    yield ImageDone(image, step.why, size_from, request.seed, options)


def colour_of(seed: int) -> tuple[int, int, int]:
    """The colour of a plain picture, another one for every seed."""
    mixed = (seed * 2654435761) % 2**32
    return mixed & 255, (mixed >> 8) & 255, (mixed >> 16) & 255
