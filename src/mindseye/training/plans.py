"""A training sample as a row of segments: what is read, what is seen, what must be said or drawn."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

Encode = Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class TextSegment:
    """A text between its two marks; `ids` are without them."""

    ids: tuple[int, ...]
    has_loss: bool = False
    """Every token predicts the next one, the last one the end mark."""
    end_label: int | None = None
    """What the end mark must predict: the token that opens what follows, or nothing."""

    @property
    def num_tokens(self) -> int:
        return len(self.ids) + 2


ImageKind = Literal["vit", "vae", "noisy"]


@dataclass(frozen=True, slots=True)
class ImageSegment:
    """An image between its two marks: seen by the ViT, as clean latents, or as the noisy latents to learn."""

    kind: ImageKind
    image: Hashable
    """Which image; equal keys are the same pixels."""
    rows: int
    columns: int
    """Tokens an image side."""
    end_label: int | None = None
    """What the end mark must predict: the token that opens what follows, or nothing."""

    @property
    def num_tokens(self) -> int:
        return self.rows * self.columns + 2


Segment = TextSegment | ImageSegment
Plan = tuple[Segment, ...]


def plan_length(plan: Plan) -> int:
    """Tokens of a plan, marks and image features included."""
    return sum(segment.num_tokens for segment in plan)


@dataclass(frozen=True)
class Marks:
    """Ids of the tokens that frame texts and images."""

    start: int
    end: int
    image_start: int
    image_end: int
    over: int | None = None
    """What follows when the answer is over; None leaves that unlearnt."""


@dataclass(frozen=True)
class Dropout:
    """How often a condition of a drawn image is left out, so that guidance has something to compare with."""

    text: float = 0.1
    vit: float = 0.3
    vae: float = 0.3


class SayStep(Protocol):
    """A text of a world's episode."""

    @property
    def text(self) -> str: ...
    @property
    def is_target(self) -> bool: ...
    @property
    def then(self) -> str | None: ...


class ShowStep(Protocol):
    """A picture of a world's episode."""

    @property
    def scene(self) -> Hashable: ...
    @property
    def is_target(self) -> bool: ...


@dataclass(frozen=True)
class Planner:
    """Turns a world's episodes into plans for pictures of one size."""

    encode: Encode
    marks: Marks
    vit_side: int
    latent_side: int
    noisy_copies: int = 1
    """How many noises of a drawing are learnt at once; none sees another, and what came before is read once."""

    def plan(self, steps: Sequence[SayStep | ShowStep], looks_back: bool = False, sees_latents: bool = False) -> Plan:
        """The segments of an episode; with `looks_back` its last drawn picture is seen again, to learn that the
        answer is over.

        A picture that is only asked about is seen by the ViT alone. Where the episode draws, pictures that
        came before are conditions: clean latents, then ViT; with `sees_latents` so they are anyway, as in a talk
        that may end in a drawing. A drawn picture is noisy latents, and if the story
        goes on its conditions follow.
        """
        draws = sees_latents or any(is_drawn(step) for step in steps)
        segments: list[Segment] = []
        for number, step in enumerate(steps):
            if not hasattr(step, "scene"):
                segments.append(self.text(step))  # type: ignore[arg-type]
                continue
            if step.is_target:
                noisy = ImageSegment("noisy", step.scene, self.latent_side, self.latent_side)
                segments += [noisy] * self.noisy_copies
            is_last = number == len(steps) - 1
            if step.is_target and is_last and not looks_back:
                continue
            if draws:
                segments.append(ImageSegment("vae", step.scene, self.latent_side, self.latent_side))
            label = None
            if step.is_target:
                goes_on = not is_last and steps[number + 1].is_target
                label = self.marks.start if goes_on else self.marks.over
            segments.append(ImageSegment("vit", step.scene, self.vit_side, self.vit_side, label))
        return tuple(segments)

    def text(self, step: SayStep) -> TextSegment:
        """The segment of a text, its end mark labelled with what follows where the step says so."""
        over = self.marks.over if step.is_target else None
        labels = {None: over, "image": self.marks.image_start, "text": self.marks.start}
        return TextSegment(tuple(self.encode(step.text)), step.is_target, labels[step.then])


def is_drawn(step: SayStep | ShowStep) -> bool:
    """Whether a step is a picture that the model must draw."""
    return hasattr(step, "scene") and step.is_target


def drop_conditions(plan: Plan, dropout: Dropout, rng: np.random.Generator) -> Plan:
    """The plan without some of its conditions; a plan with a text to learn is never cut, nor one without a drawing."""
    has_text_loss = any(isinstance(s, TextSegment) and s.has_loss for s in plan)
    if has_text_loss or not any(isinstance(s, ImageSegment) and s.kind == "noisy" for s in plan):
        return plan
    dice = rng.random(len(plan)).tolist()

    def is_kept(segment: Segment, die: float) -> bool:
        if isinstance(segment, TextSegment):
            return die >= dropout.text
        return segment.kind == "noisy" or die >= (dropout.vit if segment.kind == "vit" else dropout.vae)

    return tuple(segment for segment, die in zip(plan, dice, strict=True) if is_kept(segment, die))
