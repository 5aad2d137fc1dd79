"""The forms in which people keep rows, a function a form: what a row asks, and what is known of the right answer.

    puzzle         Question with <image_start>[problem_image_1]<image_end> marks, problem_image_N; Text Reasoning
                   Trace, Final Answer, reasoning_image_N are the truth
    plain          prompt, question or instruction; image or images; answer is the truth
    conversations  LLaVA: conversations of {from, value}, image; <image> in a value is where a picture stands
    messages       OpenAI: messages of {role, content}; content is a text or a list of text and image_url parts

In plain rows and conversations pictures without an <image> of their own stand before the words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, nearest

Fields = Mapping[str, Any]
MARK = re.compile(r"<image_start>\s*\[([A-Za-z_]+\d+)\]\s*<image_end>")
PLACEHOLDER = "<image>"
PLAIN_WORDS = ("prompt", "question", "instruction", "text")
TARGETS = ("target", "target_image", "output_image")
USER_NAMES, MODEL_NAMES = ("human", "user"), ("gpt", "assistant", "model")


@dataclass(frozen=True)
class PictureField:
    """A picture that a row names. field: where it stands in the row. source: a path, a data URL or a file's bytes."""

    field: str
    source: str | bytes


Part = str | PictureField


@dataclass(frozen=True)
class Turn:
    """What one side says: `role` is "user" or "assistant"; texts and pictures in order."""

    role: str
    parts: tuple[Part, ...]


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
    """What a row says of the right answer; empty where it says nothing."""

    reasoning: str = ""
    answer: str = ""
    pictures: tuple[PictureField, ...] = ()


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
    turns = fields.get("conversations") or fields.get("messages")
    answer = _last_of_model(turns) if isinstance(turns, list) else ""
    for key in ("answer", "Final Answer", "ground_truth"):
        answer = answer or _text(fields, key)
    targets = [PictureField(key, fields[key]) for key in TARGETS if is_source(fields.get(key))]
    return Truth(_text(fields, "Text Reasoning Trace"), answer, pictures or tuple(targets))


def numbered(fields: Fields, name: str) -> Iterator[PictureField]:
    """The pictures `name`_1, `name`_2 ... by number; one that is null is absent."""
    found = [(int(match[1]), key) for key in fields if (match := re.fullmatch(rf"{name}_(\d+)", key))]
    for _, key in sorted(found):
        if fields[key] is not None:
            yield _picture(key, fields[key])


def is_source(value: Any) -> bool:
    """Whether a value can name a picture: a text, bytes, or what Parquet files of data sets hold."""
    return isinstance(_unwrapped(value), (str, bytes))


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
    [parts] = _with_pictures([_words(fields, key)], _given_pictures(fields))
    return Asked("plain", key, (Turn("user", parts),))


def _read_conversations(fields: Fields) -> Asked:
    turns = fields["conversations"]
    _check_turns("conversations", turns, ("from", "value"))
    system, said = _split_turns(turns, "from", "conversations")
    groups = _with_pictures([_turn_text(turn["value"]) for turn in said], _given_pictures(fields))
    roles = [_role(turn["from"]) for turn in said]
    return Asked("conversations", "conversations", _spoken(roles, groups), system)


def _read_messages(fields: Fields) -> Asked:
    messages = fields["messages"]
    _check_turns("messages", messages, ("role", "content"))
    system, said = _split_turns(messages, "role", "messages")
    groups = [tuple(_content(message["content"], number)) for number, message in enumerate(said)]
    return Asked("messages", "messages", _spoken([_role(message["role"]) for message in said], groups), system)


_READERS: dict[str, Callable[[Fields], Asked]] = {
    "puzzle": _read_puzzle,
    "conversations": _read_conversations,
    "messages": _read_messages,
}


def _check_turns(name: str, turns: Any, keys: tuple[str, str]) -> None:
    if not isinstance(turns, list) or not turns:
        raise InputError(f"{name} is {_shown(turns)}; expected a list of turns with {keys[0]} and {keys[1]}")
    for number, turn in enumerate(turns):
        if not isinstance(turn, dict) or any(key not in turn for key in keys):
            raise InputError(f"{name}[{number}] is {_shown(turn)}; expected {keys[0]} and {keys[1]}")


def _split_turns(turns: list[dict], key: str, name: str) -> tuple[str | None, list[dict]]:
    """The system prompt, and the turns up to the last one of the user: an answer behind it is the truth."""
    roles = [turn[key] for turn in turns]
    for number, role in enumerate(roles):
        if role not in ("system", *USER_NAMES, *MODEL_NAMES):
            known = ("system", *USER_NAMES, *MODEL_NAMES)
            raise InputError(f"{name}[{number}] is from {_shown(role)}{nearest(str(role), known)}")
    last = max((number for number, role in enumerate(roles) if role in USER_NAMES), default=None)
    if last is None:
        raise InputError(f"{name} holds no turn of a user, so nothing is asked")
    value = "value" if key == "from" else "content"
    system = " ".join(_turn_text(turn[value]) for turn in turns if turn[key] == "system") or None
    return system, [turn for turn in turns[: last + 1] if turn[key] != "system"]


def _role(name: str) -> str:
    return "user" if name in USER_NAMES else "assistant"


def _spoken(roles: Sequence[str], groups: Sequence[tuple[Part, ...]]) -> tuple[Turn, ...]:
    """Turns that say something."""
    return tuple(Turn(role, parts) for role, parts in zip(roles, groups, strict=True) if parts)


def _last_of_model(turns: Sequence[Any]) -> str:
    turn = turns[-1] if turns and isinstance(turns[-1], dict) else {}
    if turn.get("from", turn.get("role")) not in MODEL_NAMES:
        return ""
    said = turn.get("value", turn.get("content"))
    return said if isinstance(said, str) else ""


def _content(content: Any, number: int) -> Iterator[Part]:
    if isinstance(content, str):
        if content.strip():
            yield content
        return
    if not isinstance(content, list):
        raise InputError(f"messages[{number}].content is {_shown(content)}; expected a text or a list of parts")
    for place, part in enumerate(content):
        where = f"messages[{number}].content[{place}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "input_text", "output_text"):
            text = _turn_text(part.get("text"))
            if text.strip():
                yield text
        elif kind in ("image_url", "input_image", "image"):
            source = part.get("image_url", part.get("image"))
            yield _picture(where, source.get("url") if isinstance(source, dict) and "url" in source else source)
        else:
            raise InputError(f"{where} is {_shown(part)}; expected a part of type text or image_url")


def _given_pictures(fields: Fields) -> list[PictureField]:
    """`image`, `images` and problem_image_N, in that order."""
    found: list[PictureField] = []
    for key in ("image", "images"):
        value = fields.get(key)
        if isinstance(value, list):
            found += [_picture(f"{key}[{number}]", one) for number, one in enumerate(value)]
        elif value is not None:
            found.append(_picture(key, value))
    return [*found, *numbered(fields, "problem_image")]


def _with_pictures(words: Sequence[str], pictures: Sequence[PictureField]) -> list[tuple[Part, ...]]:
    """Each text with pictures at its placeholders; before the first text where there are no placeholders."""
    num_places = sum(text.count(PLACEHOLDER) for text in words)
    if num_places not in (0, len(pictures)):
        raise InputError(f"the words have {num_places} {PLACEHOLDER} and the row has {len(pictures)} pictures")
    waiting = iter(pictures)
    groups: list[tuple[Part, ...]] = []
    for text in words:
        parts: list[Part] = [] if num_places or groups else list(waiting)
        for number, piece in enumerate(text.split(PLACEHOLDER)):
            if number:
                parts.append(next(waiting))
            if piece.strip():
                parts.append(piece.strip("\n"))
        groups.append(tuple(parts))
    return groups


def _picture(field: str, value: Any) -> PictureField:
    source = _unwrapped(value)
    if not isinstance(source, (str, bytes)) or not source:
        raise InputError(f"{field} is {_shown(value)}; expected the path of a picture or a data URL")
    return PictureField(field, source)


def _unwrapped(value: Any) -> Any:
    """Data sets in Parquet keep a picture as {bytes, path}."""
    if isinstance(value, dict) and ("bytes" in value or "path" in value):
        return value.get("bytes") or value.get("path")
    return value


def _words(fields: Fields, key: str) -> str:
    if not isinstance(fields[key], str):
        raise InputError(f"{key} is {_shown(fields[key])}; expected a text")
    if not fields[key].strip():
        raise InputError(f"{key} is empty; expected a question, a prompt or an instruction")
    return fields[key]


def _turn_text(value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"a turn says {_shown(value)}; expected a text")
    return value


def _text(fields: Fields, key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _shown(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 60 else said[:57] + "..."
