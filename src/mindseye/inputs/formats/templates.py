"""Formats that are a template a role: ChatML, LLaVA's and none at all.

The words of a template may hold special tokens, the words of a user never do. An image stands where it stands in
the message: its tokens are causal and the texts around it are cut there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...messages import Message, Text
from ..segments import ImageFrame, Segment, TextSegment
from ..tokenizer import Follows, Tokenizer
from .prompt_format import See

NOTHING: Follows = "nothing"
A_MARK: Follows = "a mark"


@dataclass(frozen=True)
class Template:
    """What stands before and after each role's words, around an image, and how an answer opens and stops."""

    name: str
    around: Mapping[str, tuple[str, str]]
    opening: str
    stops: tuple[str, ...]
    after_image: str = ""


CHATML = Template(
    name="chatml",
    around={role: (f"<|im_start|>{role}\n", "<|im_end|>\n") for role in ("system", "user", "assistant")},
    opening="<|im_start|>assistant\n",
    stops=("<|im_end|>", "<|endoftext|>"),
)
LLAVA = Template(
    name="llava",
    around={"system": ("", " "), "user": ("USER: ", " "), "assistant": ("ASSISTANT: ", "</s>")},
    opening="ASSISTANT:",
    stops=("</s>",),
    after_image="\n",
)
PLAIN = Template(
    name="plain",
    around={"system": ("", "\n"), "user": ("", ""), "assistant": ("\n", "\n")},
    opening="\n",
    stops=("<|endoftext|>", "</s>"),
)


class TemplateFormat:
    """Messages by a template, with images between the texts."""

    image_opening = None
    image_frame = ImageFrame(is_causal=True)

    def __init__(self, tokenizer: Tokenizer, template: Template) -> None:
        self.name = template.name
        self._template = template
        self._tokenizer = tokenizer
        self.start = tokenizer.start_ids
        is_spaced = template.around["user"][1].endswith(" ")
        self.opening = self._ids([(template.opening, True)], "nothing" if is_spaced else "words")
        special = tokenizer.special_ids
        self.stop_ids = frozenset(special[name] for name in template.stops if name in special)
        self.closing = self._ids([(template.around["assistant"][1], True)], "words")

    def segments(self, message: Message, see: See) -> list[Segment]:
        """Text segments, cut where images stand."""
        role = message.role if message.role in self._template.around else "assistant"
        before, after = self._template.around[role]
        if self._tokenizer.spaced != "nothing":
            after = after.removesuffix(" ")  # what comes next begins with it
        found: list[Segment] = []
        parts, follows = [(before, True)], NOTHING
        for item in message.items:
            if isinstance(item, Text):
                parts.append((item.text, False))
                continue
            found += [*self._text(parts, message.role, follows), *see(item.image)]
            parts, follows = [(self._template.after_image, True)], A_MARK
        return [*found, *self._text([*parts, (after, True)], message.role, follows)]

    def written(self, ids: Sequence[int], role: str) -> TextSegment:
        """The answer between opening and closing."""
        return TextSegment((*self.opening, *ids, *self.closing), role)

    def _text(self, parts: Sequence[tuple[str, bool]], role: str, follows: Follows) -> list[TextSegment]:
        ids = self._ids(parts, follows)
        return [TextSegment(ids, role)] if ids else []

    def _ids(self, parts: Sequence[tuple[str, bool]], follows: Follows) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode_parts(parts, follows))
