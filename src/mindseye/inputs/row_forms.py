"""The forms in which people keep rows, a function a form: what a row asks, and what is known of the right answer.

    puzzle         Question with <image_start>[problem_image_1]<image_end> marks, problem_image_N; Text Reasoning
                   Trace, Final Answer, reasoning_image_N are the truth
    plain          prompt, question or instruction; image or images; answer is the truth
    conversations  LLaVA: conversations of {from, value} or their JSON, image; <image> in a value is where a picture
                   stands; in tables, image_bytes holds one picture or several
    messages       OpenAI: messages of {role, content}; content is a text or a list of text and image_url parts

`captions`, `answers`, `accepted` or `references` list more texts that are right.

In plain rows and conversations pictures without an <image> of their own stand before the words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, nearest
from .row_parts import Fields, Part, PictureField, Turn, given_pictures, is_source, numbered, shown, with_pictures
from .row_turns import CONVERSATIONS, MESSAGES, MODEL_NAMES, Said, read_conversations, read_messages, turns_in

MARK = re.compile(r"<image_start>\s*\[([A-Za-z_]+\d+)\]\s*<image_end>")
PLAIN_WORDS = ("prompt", "question", "instruction", "text")
TARGETS = ("target", "target_image", "output_image")
REFERENCES = ("captions", "answers", "accepted", "references")


@dataclass(frozen=True)
class Asked:
    """What a row asks: its form, the field that holds the words, the turns up to the user's last, a system prompt."""

    form: str
    field: str
    turns: tuple[Turn, ...]
    system_prompt: str | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The texts and pictures of all turns."""
        return tuple(part for turn in self.turns for part in turn.parts)

    @property
    def pictures(self) -> tuple[PictureField, ...]:
        """The pictures in order."""
        return tuple(part for part in self.parts if isinstance(part, PictureField))

    @property
    def words(self) -> str:
        """The texts, one after the other."""
        return " ".join(part.strip() for part in self.parts if isinstance(part, str))


@dataclass(frozen=True)
class Truth:
    """What a row says of the right answer; empty where it says nothing.

    others: more texts that are right, where a picture has several captions or a question several answers.
    """

    reasoning: str = ""
    answer: str = ""
    pictures: tuple[PictureField, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def answers(self) -> tuple[str, ...]:
        """Every text that is right, the first one first; none where the row knows none."""
        return (self.answer, *self.others) if self.answer else ()


def read_form(fields: Fields) -> Asked:
    """What a row asks; InputError for a row of no known form, and for one that names what it does not hold."""
    for form, key in (("puzzle", "Question"), ("conversations", "conversations"), ("messages", "messages")):
        if key in fields:
            asked = _READERS[form](fields)
            break
    else:
        asked = _read_plain(fields)
    if not asked.parts:
        raise InputError(f"{asked.field} is empty; expected a question, a prompt or an instruction")
    return asked


def read_truth(fields: Fields) -> Truth:
    """What a row says of the right answer."""
    pictures = tuple(numbered(fields, "reasoning_image"))
    if "Question" in fields:
        return Truth(_text(fields, "Text Reasoning Trace"), _text(fields, "Final Answer"), pictures)
    answer = _last_of_model(fields)
    for key in ("answer", "Final Answer", "ground_truth"):
        answer = answer or _text(fields, key)
    references = list(dict.fromkeys(one for key in REFERENCES for one in _texts(fields.get(key))))
    answer = answer or next(iter(references), "")
    targets = [PictureField(key, fields[key]) for key in TARGETS if is_source(fields.get(key))]
    others = tuple(one for one in references if one != answer)
    return Truth(_text(fields, "Text Reasoning Trace"), answer, pictures or tuple(targets), others)


def _read_puzzle(fields: Fields) -> Asked:
    question = _words(fields, "Question")
    pictures = {picture.field: picture for picture in numbered(fields, "problem_image")}
    parts: list[Part] = []
    shown = set()
    pieces = MARK.split(question)
    for number, piece in enumerate(pieces):
        if number % 2 == 0:
            parts += [piece] if piece.strip() else []
        elif piece not in pictures:
            raise InputError(f'Question shows "{piece}", which the row does not hold{nearest(piece, pictures)}')
        else:
            parts.append(pictures[piece])
            shown.add(piece)
    unmarked = [picture for name, picture in pictures.items() if name not in shown]
    return Asked("puzzle", "Question", (Turn("user", (*unmarked, *parts)),))


def _read_plain(fields: Fields) -> Asked:
    key = next((key for key in PLAIN_WORDS if key in fields), None)
    if key is None:
        known = ("Question", *PLAIN_WORDS, "conversations", "messages")
        near = next((hint for field in fields if (hint := nearest(field, known))), "")
        raise InputError(f"the row has none of the fields {', '.join(known)}, so nothing is asked{near}")
    [parts] = with_pictures([_words(fields, key)], given_pictures(fields))
    return Asked("plain", key, (Turn("user", parts),))


def _read_said(name: str, read: Callable[[Fields], Said]) -> Callable[[Fields], Asked]:
    def read_form(fields: Fields) -> Asked:
        system, turns = read(fields)
        return Asked(name, name, turns, system)

    return read_form


_READERS: dict[str, Callable[[Fields], Asked]] = {
    "puzzle": _read_puzzle,
    CONVERSATIONS: _read_said(CONVERSATIONS, read_conversations),
    MESSAGES: _read_said(MESSAGES, read_messages),
}


def _last_of_model(fields: Fields) -> str:
    """What the model says in the last turn of a conversation, if that is its own and a text."""
    name = next((name for name in (CONVERSATIONS, MESSAGES) if fields.get(name)), None)
    try:
        turns = turns_in(fields, name) if name else []
    except InputError:  # whoever asks the row says so
        return ""
    turn = turns[-1] if turns else {}
    if turn.get("from", turn.get("role")) not in MODEL_NAMES:
        return ""
    said = turn.get("value", turn.get("content"))
    return said if isinstance(said, str) else ""


def _texts(value: Any) -> list[str]:
    """The texts in a list; none where it is no list."""
    return [one for one in value if isinstance(one, str) and one.strip()] if isinstance(value, list) else []


def _words(fields: Fields, key: str) -> str:
    if not isinstance(fields[key], str):
        raise InputError(f"{key} is {shown(fields[key])}; expected a text")
    if not fields[key].strip():
        raise InputError(f"{key} is empty; expected a question, a prompt or an instruction")
    return fields[key]


def _text(fields: Fields, key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else "" if value is None else str(value)
