"""The pieces of which rows consist: texts, pictures, turns; how pictures come to stand among words.

`image_bytes` (one or several) holds the bytes of files, `image` and `images` name files; where a row has both, the
bytes are what counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError

Fields = Mapping[str, Any]
PLACEHOLDER = re.compile(r"<images?>")
PICTURES = ("image", "images")
BYTES = "image_bytes"


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


def numbered(fields: Fields, name: str) -> Iterator[PictureField]:
    """The pictures `name`_1, `name`_2 ... by number; one that is null is absent."""
    found = [(int(match[1]), key) for key in fields if (match := re.fullmatch(rf"{name}_(\d+)", key))]
    for _, key in sorted(found):
        if fields[key] is not None:
            yield picture(key, fields[key])


def is_source(value: Any) -> bool:
    """Whether a value can name a picture: a text, bytes, or what Parquet files of data sets hold."""
    return isinstance(unwrapped(value), (str, bytes))


def given_pictures(fields: Fields) -> list[PictureField]:
    """`image_bytes`, or else `image` and `images`; then problem_image_N."""
    found: list[PictureField] = []
    for key in (BYTES,) if fields.get(BYTES) is not None else PICTURES:
        value = fields.get(key)
        if isinstance(value, list):
            found += [picture(f"{key}[{number}]", one) for number, one in enumerate(value)]
        elif value is not None:
            found.append(picture(key, value))
    return [*found, *numbered(fields, "problem_image")]


def with_pictures(words: Sequence[str], pictures: Sequence[PictureField]) -> list[tuple[Part, ...]]:
    """Each text with pictures at its placeholders; before the first text where there are no placeholders.

    "<image>" is the place of one picture, "<images>" of all that later placeholders leave.
    """
    places = [place for text in words for place in PLACEHOLDER.findall(text)]
    if places and not _fits(places, len(pictures)):
        raise InputError(f"the words have {len(places)} <image> and the row has {len(pictures)} pictures")
    waiting = list(pictures)
    groups: list[tuple[Part, ...]] = []
    for text in words:
        parts: list[Part] = [] if places or groups else list(waiting)
        for piece in re.split(f"({PLACEHOLDER.pattern})", text):
            if PLACEHOLDER.fullmatch(piece):
                count = 1 if places.pop(0) == "<image>" else len(waiting) - len(places)
                parts += waiting[:count]
                del waiting[:count]
            elif piece.strip():
                parts.append(piece.strip("\n"))
        groups.append(tuple(parts))
    return groups


def _fits(places: Sequence[str], num_pictures: int) -> bool:
    return len(places) <= num_pictures if "<images>" in places else len(places) == num_pictures


def picture(field: str, value: Any) -> PictureField:
    """The picture that a value names; InputError where it names none."""
    source = unwrapped(value)
    if not isinstance(source, (str, bytes)) or not source:
        raise InputError(f"{field} is {shown(value)}; expected the path of a picture or a data URL")
    return PictureField(field, source)


def unwrapped(value: Any) -> Any:
    """Data sets in Parquet keep a picture as {bytes, path}."""
    if isinstance(value, dict) and ("bytes" in value or "path" in value):
        return value.get("bytes") or value.get("path")
    return value


def turn_text(value: Any) -> str:
    """A text; InputError for anything else."""
    if not isinstance(value, str):
        raise InputError(f"a turn says {shown(value)}; expected a text")
    return value


def shown(value: Any) -> str:
    """A value as errors show it: 60 characters of it."""
    said = repr(value)
    return said if len(said) <= 60 else said[:57] + "..."
