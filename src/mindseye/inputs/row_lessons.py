"""A row as a lesson: the whole conversation, answers included, as a trainer wants it.

The forms are those of `row_forms`. What a row knows of the truth becomes the model's last turn: `answer`, one of
`captions`, a trace of words and pictures with its final answer, an `output_image`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..errors import InputError
from ..messages import Image, Message, Text
from .images import open_image
from .row_forms import MARK, Truth, read_form, read_truth
from .row_parts import Fields, Part, PictureField, Turn, given_pictures, numbered
from .row_pictures import PictureFinder
from .row_turns import CONVERSATIONS, MESSAGES, read_conversations, read_messages
from .rows import Row

ASSISTANT = "assistant"
CAPTION_REQUEST = "describe the picture"
"""What a picture with captions and no question of its own is asked."""
FINAL = "Final Answer: "


@dataclass(frozen=True)
class Lesson:
    """Turns of both sides in order; at least one is the model's."""

    turns: tuple[Turn, ...]
    system_prompt: str | None = None

    @property
    def pictures(self) -> tuple[PictureField, ...]:
        """The pictures in order."""
        return tuple(part for turn in self.turns for part in turn.parts if isinstance(part, PictureField))


@dataclass
class Broken:
    """Rows that could not be used: how many, and the first of each reason. Call it with a row and the reason."""

    count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    most_examples: int = 20

    def __call__(self, row: Row, reason: str) -> None:
        self.count += 1
        self.reasons[reason[:60]] += len(self.reasons) < 1000  # a file may be broken in a million ways
        if len(self.examples) < self.most_examples:
            self.examples.append(f"{row.file.name}, row {row.number}: {reason}")


def read_lesson(fields: Fields, choice: int = 0) -> Lesson:
    """The lesson in a row; InputError where it is of no known form or holds nothing to learn.

    Of several `captions` number `choice` (modulo their count) is taken: the epoch, say.
    """
    truth = read_truth(fields)
    system, turns = _said(fields)
    given = fields.get("captions")
    captions = [one for one in given if one in truth.answers] if isinstance(given, list) else []
    chosen = captions[choice % len(captions)] if captions else truth.answer
    if turns[-1].role != ASSISTANT:
        answer = _answer(fields, replace(truth, answer=chosen))
        turns = (*turns, Turn(ASSISTANT, answer)) if answer else turns
    elif turns[-1].parts == (truth.answer,):
        turns = (*turns[:-1], Turn(ASSISTANT, (chosen,)))
    if not any(turn.role == ASSISTANT for turn in turns):
        raise InputError("the row holds no answer, so there is nothing to learn; expected answer, captions or a turn")
    return Lesson(turns, system)


def lessons_of(rows: Iterable[Row], report: Broken, choice: int = 0) -> Iterator[tuple[Row, Lesson]]:
    """Rows with their lessons; `report` hears of each one that has none, and the others go on."""
    for row in rows:
        try:
            if row.broken is not None:
                raise InputError(row.broken)
            yield row, read_lesson(row.fields, choice)
        except InputError as error:
            report(row, str(error))


def open_lesson(lesson: Lesson, finder: PictureFinder) -> tuple[Message, ...]:
    """The lesson as messages with opened pictures; InputError for a picture that is missing or damaged."""
    system = (Message("system", (Text(lesson.system_prompt),)),) if lesson.system_prompt else ()
    return (*system, *(Message(turn.role, tuple(_item(part, finder) for part in turn.parts)) for turn in lesson.turns))


def _said(fields: Fields) -> tuple[str | None, tuple[Turn, ...]]:
    """What the row says, to its end."""
    if CONVERSATIONS in fields:
        return read_conversations(fields, is_whole=True)
    if MESSAGES in fields and "Question" not in fields:
        return read_messages(fields, is_whole=True)
    pictures = given_pictures(fields)
    if isinstance(fields.get("captions"), list) and pictures and not {"prompt", "question", "text"} & set(fields):
        return None, (Turn("user", (*pictures, CAPTION_REQUEST)),)
    asked = read_form(fields)
    return asked.system_prompt, asked.turns


def _answer(fields: Fields, truth: Truth) -> tuple[Part, ...]:
    """The true answer as parts: a trace with its pictures and a final answer, or an answer, then target pictures."""
    if truth.reasoning:
        final = (f"{FINAL}{truth.answer}",) if truth.answer else ()
        return (*_trace(fields, truth.reasoning), *final)
    said = (truth.answer,) if truth.answer else ()
    return (*said, *truth.pictures)


def _trace(fields: Fields, trace: str) -> Iterator[Part]:
    pictures = {picture.field: picture for picture in numbered(fields, "reasoning_image")}
    for number, piece in enumerate(MARK.split(trace)):
        if number % 2:
            if piece not in pictures:
                raise InputError(f'the trace shows "{piece}", which the row does not hold')
            yield pictures[piece]
        elif piece.strip():
            yield piece.strip()


def _item(part: Part, finder: PictureFinder) -> Text | Image:
    if isinstance(part, str):
        return Text(part.strip())
    found = finder.find(part)
    try:
        return Image(open_image(found))
    except InputError as error:
        raise InputError(f"{part.field}: {error}") from error
