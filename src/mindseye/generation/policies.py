"""When to draw: what turns an answer of words into one of words and pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..errors import InputError, nearest

MOST_PARTS = 1000  # texts or pictures of one answer
MOST_BIAS = 1e9
Kind = Literal["model", "force", "marks", "rule", "never"]
KINDS: dict[str, str] = {
    "model": "draw when the model predicts the start of an image",
    "force": "draw after the text without waiting for the model",
    "marks": "draw exactly where <|vision_start|> <|vision_end|> stands in the prompt",
    "rule": "draw when the written text contains a phrase or pattern",
    "never": "write only",
}
MARK = re.compile(r"<\|vision_start\|>\s*<\|vision_end\|>")
HALF_MARK = re.compile(r"<\|vision_(?:start|end)\|>")


@dataclass(frozen=True)
class WhenToDraw:
    """A policy with its caps."""

    kind: Kind = "model"
    """model, force, marks, rule or never."""
    image_bias: float = 0.0
    """Added to the log-probability of the token that opens an image (policy model)."""
    patterns: tuple[str, ...] = ("draw:", "<image>")
    """Regular expressions that call for a picture (policy rule)."""
    write_first: bool = True
    """Whether a text is written before a forced drawing."""
    max_rounds: int = 16
    """Most texts that one answer may have (1 to 1000)."""
    max_images: int = 8
    """Most pictures that one answer may have (0 to 1000)."""
    final_phrases: tuple[str, ...] = ("Final Answer:", "最终答案：", "<answer>")
    """A text that contains one of these is the last."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(
                f'when_to_draw is "{self.kind}"{nearest(str(self.kind), KINDS)}; expected one of {", ".join(KINDS)}'
            )
        for name, least in (("max_rounds", 1), ("max_images", 0)):
            if not least <= (value := getattr(self, name)) <= MOST_PARTS:
                raise InputError(f"{name} is {value}; expected {least} to {MOST_PARTS}")
        if not isinstance(self.image_bias, (int, float)) or not abs(self.image_bias) <= MOST_BIAS:
            raise InputError(f"image_bias is {self.image_bias}; expected a number such as 2.0, up to {MOST_BIAS:g}")
        for pattern in self.patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise InputError(f"the pattern {pattern!r} is no regular expression: {error}") from error

    def is_final(self, text: str) -> bool:
        """Whether this text ends the answer."""
        return any(phrase in text for phrase in self.final_phrases)

    def calls_for_picture(self, text: str) -> bool:
        """Whether this text asks for a picture by rule."""
        return any(re.search(pattern, text) for pattern in self.patterns)


def split_marks(text: str) -> list[str]:
    """The pieces of a prompt around its marks: one more than there are marks.

    Raises InputError for a mark without its other half or marks inside each other.
    """
    pieces = MARK.split(text)
    if any(HALF_MARK.search(piece) for piece in pieces):
        raise InputError(
            "a mark <|vision_start|> or <|vision_end|> stands alone or inside another; write both, one after the "
            'other, where a picture is wanted: "<|vision_start|> <|vision_end|>"'
        )
    return pieces
