"""BAGEL's format: every text and every image is a row of its own between two marks; roles leave no trace."""

from __future__ import annotations

from collections.abc import Sequence

from ...messages import Message, Text
from ..segments import ImageFrame, Segment, TextSegment
from ..tokenizer import Tokenizer
from .prompt_format import See


class BagelFormat:
    """<|im_start|> text <|im_end|>, and <|vision_start|> image <|vision_end|> with a single rotary position."""

    name = "bagel"
    start = ()

    def __init__(self, tokenizer: Tokenizer) -> None:
        special = tokenizer.special
        self._encode = tokenizer.encode
        self.opening = (special.start,)
        self.closing = (special.end,)
        over = tokenizer.special_ids.get("<|endoftext|>")
        self.stop_ids = frozenset(self.closing if over is None else (*self.closing, over))
        self.image_opening = special.image_start
        self.image_frame = ImageFrame((special.image_start, special.image_end))

    def segments(self, message: Message, see: See) -> list[Segment]:
        """One text segment a text, whatever the image's segments are an image."""
        found: list[Segment] = []
        for item in message.items:
            if isinstance(item, Text):
                found.append(self.written(self._encode(item.text), message.role))
            else:
                found += see(item.image)
        return found

    def written(self, ids: Sequence[int], role: str) -> TextSegment:
        """The text between its marks."""
        return TextSegment((*self.opening, *ids, *self.closing), role)
