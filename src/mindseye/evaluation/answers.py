"""Who answers exams: a model, or anything else that can (an oracle in the tests)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import PIL.Image
import torch

from ..events import ImageDone
from ..generation.conversation import Conversation
from ..generation.job import Job
from ..generation.turns import Request, story_of
from ..generation.work import Decode, Encode, Story
from ..inputs.images import from_pixels, to_pixels
from ..inputs.segments import LatentSegment
from ..reply import parts_of
from ..worlds.episodes import Say
from .exam import Exam

if TYPE_CHECKING:
    from ..model import Model

MOST_TOKENS = 192  # of one text; the longest of this world is far shorter


@dataclass(frozen=True, eq=False)
class Answer:
    """What came back, in the order it came; `seconds` is the request's part of its batch's time."""

    parts: tuple[str | PIL.Image.Image, ...] = ()
    thought: str | None = None
    seconds: float = 0.0
    error: str | None = None

    @property
    def text(self) -> str:
        """All texts, without thoughts."""
        return "\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def images(self) -> tuple[PIL.Image.Image, ...]:
        """All pictures."""
        return tuple(part for part in self.parts if isinstance(part, PIL.Image.Image))


class Answerer(Protocol):
    """Answers exams: one answer each, in order; an exam that fails gets an answer with an error."""

    name: str

    def answer(self, exams: Sequence[Exam]) -> list[Answer]: ...


class ModelAnswerer:
    """A model that answers all exams of a call as one batch.

    `options` are those of `Model.request`; InputError for one that is unknown or out of range.
    """

    def __init__(self, model: Model, options: Mapping[str, Any] | None = None) -> None:
        self.name = model.name
        self.world = model.defaults.world
        self._model = model
        self._options = {"max_tokens": min(MOST_TOKENS, model.defaults.text.max_tokens), **(options or {})}
        model.request("draw", ["a cat"], **self._options)

    def answer(self, exams: Sequence[Exam]) -> list[Answer]:
        """Answers in order; no exam fails because of another."""
        started = time.perf_counter()
        jobs = self._model.runner.run([self._story(exam) for exam in exams])
        seconds = (time.perf_counter() - started) / max(len(exams), 1)
        return [self._answer(job, seconds) for job in jobs]

    def request(self, exam: Exam) -> Request:
        """What the model is asked; it thinks where the exam says so, else where the options or the model do."""
        if exam.task in ("tell", "redraw"):
            return self._model.request("ask", ["-"], seed=exam.seed, **self._options)
        task = "generate" if exam.task == "chat" else exam.task
        options = {"when_to_draw": exam.when_to_draw, "seed": exam.seed, **self._options}
        if exam.think is not None:
            options["think"] = exam.think
        return self._model.request(task, messages=exam.messages, **options)  # type: ignore[arg-type]

    def _story(self, exam: Exam) -> Story[str]:
        """Whatever goes wrong from here on is this exam's own error."""
        request, conversation = self.request(exam), Conversation(self._model.loaded)
        if exam.task == "tell":
            return (yield from tell(exam, request, conversation))
        if exam.task == "redraw":
            return (yield from redraw(exam, conversation))
        if exam.task == "chat":
            conversation = self._model.chat().conversation.fork()
        return (yield from story_of(request, conversation))

    def _answer(self, job: Job, seconds: float) -> Answer:
        try:
            return Answer(*parts_of(job.result()), seconds)
        except Exception as error:
            return Answer(error=_told(error), seconds=seconds)


def tell(exam: Exam, request: Request, conversation: Conversation) -> Story[str]:
    """The model hears its own part of the story up to the last text, with true pictures, and writes that one."""
    for step in exam.given:
        if isinstance(step, Say):
            conversation.say(step.text, role="assistant" if step.is_target else "user")
        else:
            conversation.show(exam.picture_of(step.scene), role="assistant" if step.is_target else "user")
    written = yield from conversation.write(request.text, torch.Generator().manual_seed(request.seed))
    return written.finish


def redraw(exam: Exam, conversation: Conversation) -> Story[str]:
    """The picture goes through the autoencoder and back."""
    [image] = exam.items
    assert isinstance(image, PIL.Image.Image)
    latent = yield Encode(to_pixels(_as_condition(image, conversation)))
    pixels = yield Decode(latent)
    yield ImageDone(from_pixels(pixels), "asked", "last image", exam.seed, {})
    return "end"


def _as_condition(image: PIL.Image.Image, conversation: Conversation) -> PIL.Image.Image:
    """The image as the autoencoder gets it."""
    loaded = conversation.loaded
    segments = loaded.image_processor.segments(image, loaded.prompt_format.image_frame)
    return next(segment.image for segment in segments if isinstance(segment, LatentSegment))


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
