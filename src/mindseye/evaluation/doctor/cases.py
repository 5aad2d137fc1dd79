"""Rows that a model is examined with: each a question about one picture, and its true answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import PIL.Image

from ...errors import InputError
from ...inputs.row_lessons import open_lesson, read_lesson
from ...inputs.row_parts import PictureField
from ...inputs.row_pictures import PictureFinder
from ...inputs.rows import Row
from ...messages import Image, Message


@dataclass(frozen=True, eq=False)
class Case:
    """A row as a lesson with opened pictures. answer: the words of its last turn."""

    row: Row
    messages: tuple[Message, ...]
    question: str
    answer: str

    @property
    def pictures(self) -> tuple[PIL.Image.Image, ...]:
        """In order."""
        return tuple(item.image for message in self.messages for item in message.items if isinstance(item, Image))


@dataclass(frozen=True)
class Cases:
    """Rows that could be read, and why others could not. without_answer: how many of these hold nothing to learn."""

    good: tuple[Case, ...]
    broken: tuple[str, ...] = ()
    without_answer: int = 0


def read_cases(rows: Iterable[Row], image_root: Path | None = None) -> Cases:
    """All rows; InputError where there are none."""
    good: list[Case] = []
    broken: list[str] = []
    without_answer = 0
    for row in rows:
        try:
            if row.broken is not None:
                raise InputError(row.broken)
            good.append(_case(row, image_root))
        except InputError as error:
            broken.append(f"{row.key}: {error}")
            without_answer += "holds no answer" in str(error)
    if not good and not broken:
        raise InputError("the data holds no rows; expected some with a picture, a question and its answer")
    return Cases(tuple(good), tuple(broken), without_answer)


def _case(row: Row, image_root: Path | None) -> Case:
    lesson = read_lesson(row.fields)
    messages = open_lesson(lesson, PictureFinder.beside(row.file, image_root))
    asked = [part for turn in lesson.turns[:-1] for part in turn.parts if not isinstance(part, PictureField)]
    answer = " ".join(part for part in lesson.turns[-1].parts if isinstance(part, str))
    return Case(row, messages, " ".join(asked).strip(), answer.strip())


def unlike(cases: Sequence[Case], num: int) -> list[Case]:
    """At most `num` of those with one picture: one of each answer first, so that they can be told apart."""
    found: dict[str, Case] = {}
    for case in cases:
        if len(case.pictures) == 1:
            found.setdefault(case.answer, case)
    return list(found.values())[:num]
