"""Leaves out what a drawing is conditioned on, now and then, so that guidance has something to compare with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..inputs.segments import TextSegment, VitSegment
from .lessons import Lesson, Taught


@dataclass(frozen=True)
class Dropout:
    """How often a condition of a drawn image is left out."""

    text: float = 0.1
    vit: float = 0.3
    vae: float = 0.3


def drop_conditions(lesson: Lesson, dropout: Dropout, rng: np.random.Generator) -> Lesson:
    """The lesson without some of its conditions; one with a text to learn is never cut, nor one without a drawing."""
    if any(taught.is_answer for taught in lesson) or not any(taught.is_drawn for taught in lesson):
        return lesson
    dice = rng.random(len(lesson)).tolist()
    return tuple(taught for taught, die in zip(lesson, dice, strict=True) if die >= _share(taught, dropout))


def _share(taught: Taught, dropout: Dropout) -> float:
    if taught.is_drawn:
        return 0.0
    if isinstance(taught.segment, TextSegment):
        return dropout.text
    return dropout.vit if isinstance(taught.segment, VitSegment) else dropout.vae
