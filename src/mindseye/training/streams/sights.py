"""Images with what was asked about them and what is right, as lessons: only the answers are learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor

from ...inputs.formats import PromptFormat
from ...inputs.image_processors import ImageProcessor
from ...inputs.segments import Segment, TextSegment, VitSegment
from ...inputs.tokenizer import Tokenizer
from ...messages import Image, Item, Message, Text
from ..lessons import Lesson, Taught


@dataclass(frozen=True)
class Sight:
    """Some images, and turns of a question and its answer.

    An image is pixels (C, S, S) as the model's image processor makes them, or features (P, F) as its tower gives them.
    `<image>` in a question says where one stands; without any they stand before the first question.
    """

    images: tuple[Tensor, ...]
    turns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SightReader:
    """Sights as lessons of one model."""

    tokenizer: Tokenizer
    prompt_format: PromptFormat
    num_image_tokens: int

    def lesson(self, sight: Sight) -> Lesson:
        """All turns; each token of the answers is learnt, and the mark that ends them."""
        lesson = self._start()
        left = list(sight.images)
        for number, (question, answer) in enumerate(sight.turns):
            count = question.count("<image>")
            here = left if "<images>" in question or (number == 0 and not count) else left[:count]
            left = left[len(here) :]
            items: list[Item] = [*(Image(cast(Any, image)) for image in here), Text(question)]
            lesson += [Taught(segment) for segment in self.prompt_format.segments(Message("user", items), self._see)]
            lesson.append(self._answer(answer))
        return tuple(lesson)

    def conversation(self, messages: Sequence[Message], processor: ImageProcessor) -> Lesson:
        """A whole conversation with opened pictures: what the model said is learnt, all else is given."""
        frame = self.prompt_format.image_frame
        lesson = self._start()
        for message in messages:
            if message.role == "assistant":
                lesson.append(self._answer(message.text))
                continue
            given = self.prompt_format.segments(message, lambda image: processor.segments(image, frame))
            lesson += [Taught(segment) for segment in given]
        return tuple(lesson)

    def _start(self) -> list[Taught]:
        """What the tokenizer puts before a conversation, as the model reads it when it answers."""
        start = self.prompt_format.start
        return [Taught(TextSegment(start, "system"))] if start else []

    def _answer(self, answer: str) -> Taught:
        """Every token of the answer, and then the mark at which writing stops."""
        ids, marks = self.tokenizer.encode(answer), self.prompt_format
        ends = [i for i in marks.closing[:1] if i in marks.stop_ids] or sorted(marks.stop_ids)[:1]
        first = len(marks.opening) - 1
        labels = [(first + number, word) for number, word in enumerate([*ids, *ends])]
        return Taught(marks.written(ids, "assistant"), tuple(labels))

    def _see(self, image: Any) -> Sequence[Segment]:
        return [VitSegment(image, self.num_image_tokens, self.prompt_format.image_frame, b"")]
