"""A row as a model reads it: its tokens with the loss mask, its pictures after all transforms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import PIL.Image

from ..inputs.loss_mask import num_features, segment_mask
from ..inputs.segments import Segment, TextSegment, VitSegment
from ..inputs.tokenizer import Tokenizer
from ..loaded import LoadedModel
from ..messages import Message


@dataclass(frozen=True)
class Token:
    """One place of a sequence, or `count` places of an image's features in a row.

    kind: "text", "mark" or "image". id, text: of a token of the vocabulary. role: who says it. is_label: whether the
    model learns to write it.
    """

    place: int
    kind: str
    role: str
    is_label: bool
    id: int | None = None
    text: str = ""
    count: int = 1


@dataclass(frozen=True, eq=False)
class Shown:
    """A row as a model reads it. given: its pictures. seen: the same as the model sees them, one to one."""

    tokens: tuple[Token, ...]
    given: tuple[PIL.Image.Image, ...]
    seen: tuple[PIL.Image.Image, ...]

    @property
    def num_tokens(self) -> int:
        """Places of the sequence."""
        return sum(token.count for token in self.tokens)

    @property
    def num_labels(self) -> int:
        """Places that the model learns to write."""
        return sum(token.count for token in self.tokens if token.is_label)

    def as_json(self) -> dict[str, Any]:
        """All but the pictures."""
        tokens = [{name: value for name, value in vars(token).items() if value is not None} for token in self.tokens]
        sizes = [{"given": list(one.size), "seen": list(two.size)} for one, two in zip(self.given, self.seen)]
        return {"tokens": tokens, "num_tokens": self.num_tokens, "num_labels": self.num_labels, "pictures": sizes}


def show(messages: Sequence[Message], loaded: LoadedModel, has_image_loss: bool = False) -> Shown:
    """What a model makes of messages whose pictures are opened; InputError for a picture that is too large for it."""
    tokens: list[Token] = []
    given: list[PIL.Image.Image] = []
    seen: list[PIL.Image.Image] = []

    def see(image: PIL.Image.Image) -> list[Segment]:
        segments = loaded.image_processor.segments(image, loaded.prompt_format.image_frame)
        eyes = [segment for segment in segments if isinstance(segment, VitSegment)]
        given.extend(image for _ in eyes)
        seen.extend(loaded.image_processor.picture(segment.pixels) for segment in eyes)
        return list[Segment](eyes)

    place = 0
    start = loaded.prompt_format.start
    for message in messages:
        segments = loaded.prompt_format.segments(message, see)
        if start and message is messages[0]:
            segments.insert(0, TextSegment(start, "system"))
        for segment in segments:
            labels = segment_mask(segment, loaded.prompt_format, has_image_loss).tolist()
            role = segment.role if isinstance(segment, TextSegment) else message.role
            tokens += _tokens(segment, labels, role, place, loaded.tokenizer)
            place += len(labels)
    return Shown(tuple(tokens), tuple(given), tuple(seen))


def _tokens(segment: Segment, labels: list[bool], role: str, place: int, tokenizer: Tokenizer) -> list[Token]:
    if isinstance(segment, TextSegment):
        return [
            Token(place + n, "text", role, label, token, piece(token, tokenizer))
            for n, (token, label) in enumerate(zip(segment.ids, labels, strict=True))
        ]
    assert isinstance(segment, VitSegment)
    before, after = segment.frame.marks[:1], segment.frame.marks[1:]
    count = num_features(segment)
    middle = place + len(before)
    marks = [Token(place + n, "mark", role, False, mark, piece(mark, tokenizer)) for n, mark in enumerate(before)]
    marks.append(Token(middle, "image", role, labels[len(before)], None, f"{count} of an image", count))
    ends = enumerate(after, middle + count)
    return [*marks, *(Token(number, "mark", role, False, mark, piece(mark, tokenizer)) for number, mark in ends)]


def piece(token: int, tokenizer: Tokenizer) -> str:
    """A token as text; half a character becomes escapes."""
    if tokenizer.is_special(token):
        return tokenizer.decode([token], skip_special=False)
    return tokenizer.token_bytes(token).decode("utf-8", "backslashreplace")
