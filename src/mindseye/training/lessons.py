"""A lesson: a row of segments as the network reads them, with what is learnt on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..inputs.formats.prompt_format import PromptFormat
from ..inputs.segments import Segment, TextSegment, VitSegment

Label = tuple[int, int]
"""A token of a segment, counted with its marks, and the id that it must predict."""


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """A segment and what is learnt on it."""

    segment: Segment
    labels: tuple[Label, ...] = ()
    is_drawn: bool = False
    """Noisy latents whose velocity must be predicted; nothing else ever sees them."""

    @property
    def is_answer(self) -> bool:
        """Whether a text itself is learnt, not only what follows it."""
        if not isinstance(self.segment, TextSegment):
            return False
        return any(token < len(self.segment.ids) - 1 for token, _ in self.labels)

    @property
    def num_tokens(self) -> int:
        """Tokens of the segment, marks and image features included."""
        return num_tokens(self.segment)

    @property
    def num_positions(self) -> int:
        """Rotary positions that it takes from what follows."""
        return 0 if self.is_drawn else self.segment.num_positions


Lesson = tuple[Taught, ...]


def num_tokens(segment: Segment) -> int:
    """Tokens of a segment, marks and image features included."""
    if isinstance(segment, TextSegment):
        return len(segment.ids)
    return num_features(segment) + len(segment.frame.marks)


def num_features(segment: Segment) -> int:
    """Patches or latent tokens of an image, without its marks."""
    if isinstance(segment, TextSegment):
        return 0
    if isinstance(segment, VitSegment):
        return segment.num_tokens
    assert segment.position_indices is not None, "a lesson's latent segments say where their tokens stand"
    return segment.position_indices.shape[0]


def lesson_length(lesson: Lesson) -> int:
    """Tokens of a lesson."""
    return sum(taught.num_tokens for taught in lesson)


def taught_answer(ids: Sequence[int], prompt_format: PromptFormat, then: int | None = None) -> Taught:
    """An answer of which every token is learnt, from the last one of its opening on.

    `then` is what its last token must predict: the token that opens what follows, or nothing.
    """
    segment = prompt_format.written(ids, "assistant")
    first = max(len(prompt_format.opening) - 1, 0)
    labels = [(i, segment.ids[i + 1]) for i in range(first, len(segment.ids) - 1)]
    return Taught(segment, (*labels, *ends_with(segment, then)))


def ends_with(segment: Segment, then: int | None) -> tuple[Label, ...]:
    """The label of a segment's last token, none for None."""
    return () if then is None else ((num_tokens(segment) - 1, then),)
