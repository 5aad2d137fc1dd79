"""Conversations as rows keep them: LLaVA's `conversations` and OpenAI's `messages`, as turns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import InputError, nearest
from .row_parts import Fields, Part, Turn, given_pictures, picture, shown, turn_text, with_pictures

USER_NAMES, MODEL_NAMES = ("human", "user"), ("gpt", "assistant", "model")
CONVERSATIONS, MESSAGES = "conversations", "messages"
Said = tuple[str | None, tuple[Turn, ...]]
"""A system prompt, and the turns that say something."""


def read_conversations(fields: Fields, is_whole: bool = False) -> Said:
    """The turns of `conversations`, a list or its JSON, up to the user's last or, `is_whole`, to the end."""
    system, said = _split_turns(turns_in(fields, CONVERSATIONS), "from", is_whole)
    groups = with_pictures([turn_text(turn["value"]) for turn in said], given_pictures(fields))
    return system, _spoken([_role(turn["from"]) for turn in said], groups)


def read_messages(fields: Fields, is_whole: bool = False) -> Said:
    """The turns of `messages`, as above."""
    system, said = _split_turns(turns_in(fields, MESSAGES), "role", is_whole)
    groups = [tuple(_content_parts(message["content"], number)) for number, message in enumerate(said)]
    return system, _spoken([_role(message["role"]) for message in said], groups)


def turns_in(fields: Fields, name: str) -> list[dict[str, Any]]:
    """The turns as they stand there, a list or (as tables keep it) its JSON; InputError where they are none."""
    turns = fields[name]
    if isinstance(turns, str):
        try:
            turns = json.loads(turns)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{name} is broken JSON ({error}): {shown(turns)}") from error
    _check_turns(name, turns, ("from", "value") if name == CONVERSATIONS else ("role", "content"))
    return turns


def _check_turns(name: str, turns: Any, keys: tuple[str, str]) -> None:
    if not isinstance(turns, list) or not turns:
        raise InputError(f"{name} is {shown(turns)}; expected a list of turns with {keys[0]} and {keys[1]}")
    for number, turn in enumerate(turns):
        if not isinstance(turn, dict) or any(key not in turn for key in keys):
            raise InputError(f"{name}[{number}] is {shown(turn)}; expected {keys[0]} and {keys[1]}")


def _split_turns(turns: list[dict], key: str, is_whole: bool) -> tuple[str | None, list[dict]]:
    """The system prompt, and the turns up to the last one of the user: an answer behind it is the truth."""
    name = CONVERSATIONS if key == "from" else MESSAGES
    roles = [turn[key] for turn in turns]
    for number, role in enumerate(roles):
        if role not in ("system", *USER_NAMES, *MODEL_NAMES):
            known = ("system", *USER_NAMES, *MODEL_NAMES)
            raise InputError(f"{name}[{number}] is from {shown(role)}{nearest(str(role), known)}")
    last = max((number for number, role in enumerate(roles) if role in USER_NAMES), default=None)
    if last is None:
        raise InputError(f"{name} holds no turn of a user, so nothing is asked")
    value = "value" if key == "from" else "content"
    system = " ".join(turn_text(turn[value]) for turn in turns if turn[key] == "system") or None
    return system, [turn for turn in turns[: None if is_whole else last + 1] if turn[key] != "system"]


def _role(name: str) -> str:
    return "user" if name in USER_NAMES else "assistant"


def _spoken(roles: Sequence[str], groups: Sequence[tuple[Part, ...]]) -> tuple[Turn, ...]:
    """Turns that say something."""
    return tuple(Turn(role, parts) for role, parts in zip(roles, groups, strict=True) if parts)


def _content_parts(content: Any, number: int) -> Iterator[Part]:
    if isinstance(content, str):
        if content.strip():
            yield content
        return
    if not isinstance(content, list):
        raise InputError(f"messages[{number}].content is {shown(content)}; expected a text or a list of parts")
    for place, part in enumerate(content):
        where = f"messages[{number}].content[{place}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "input_text", "output_text"):
            text = turn_text(part.get("text"))
            if text.strip():
                yield text
        elif kind in ("image_url", "input_image", "image"):
            source = part.get("image_url", part.get("image"))
            yield picture(where, source.get("url") if isinstance(source, dict) and "url" in source else source)
        else:
            raise InputError(f"{where} is {shown(part)}; expected a part of type text or image_url")
