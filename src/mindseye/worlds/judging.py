"""Judge what a model drew or said against the truth of an episode."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from .answers import matches_answer
from .reading import Reading
from .render import render
from .scenes import CELL_SIZE, PICTURE_SIZE, PLACES, Scene

__all__ = ["MAX_PSNR", "follows", "kept_psnr", "matches_answer"]

MAX_PSNR = 100.0  # dB, given for equal pixels


def follows(reading: Reading, truth: Mapping[str, Any]) -> bool:
    """Whether a picture is what was asked for.

    A drawing (truth with a "wish") may be any layout that fulfils the words; anything else must show exactly
    truth["scene"]. A picture with something unrecognised in it is never right.
    """
    if reading.scene is None:
        return False
    if "wish" in truth:
        return truth["wish"].accepts(reading.scene)
    if "scene" not in truth:
        raise InputError(f"this truth has neither a wish nor a scene to draw, only {', '.join(truth)}")
    return reading.scene == truth["scene"]


def kept_psnr(before_pixels: np.ndarray, drawn_pixels: np.ndarray, before: Scene, target: Scene) -> float | None:
    """PSNR in dB (at most 100) over the places that should not change; None where all should.

    Both pictures are (64, 64, 3) uint8; `before` and `target` are the scenes before and after. Where the background
    changes, the things on it should stay: then all of the picture is compared with the target.
    """
    expected = (PICTURE_SIZE, PICTURE_SIZE, 3)
    if before_pixels.shape != expected or drawn_pixels.shape != expected:
        raise InputError(f"pictures are {expected}, not {before_pixels.shape} and {drawn_pixels.shape}")
    if before.background != target.background:
        return _psnr(render(target), drawn_pixels)
    is_kept = np.ones((PICTURE_SIZE, PICTURE_SIZE), bool)
    for place, (top, left) in PLACES.items():
        if before.at(place) != target.at(place):
            is_kept[top : top + CELL_SIZE, left : left + CELL_SIZE] = False
    if not is_kept.any():
        return None
    return _psnr(before_pixels[is_kept], drawn_pixels[is_kept])


def _psnr(wanted: np.ndarray, drawn: np.ndarray) -> float:
    error = float(((wanted.astype(np.float64) - drawn) ** 2).mean())
    return MAX_PSNR if error == 0 else min(MAX_PSNR, 10 * math.log10(255**2 / error))
