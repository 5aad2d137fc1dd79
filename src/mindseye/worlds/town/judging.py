"""Judge what a model drew against the truth of an episode of the town."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import InputError
from .eye import DEFAULT_STRICTNESS, Strictness, check_picture, look
from .finding import find
from .grounds import is_place
from .render import render
from .scenes import Scene
from .wishes import Wish

MAX_PSNR = 100.0  # dB, given for equal pixels


def objections(
    pixels: np.ndarray, truth: Mapping[str, Any], strictness: Strictness = DEFAULT_STRICTNESS
) -> tuple[str, ...]:
    """What is wrong with (S, S, 3) uint8 pixels that should be what the truth asks for; nothing where they are.

    A drawing (truth with a "wish") may be any layout that fulfils the words; anything else must show truth["scene"].
    """
    check_picture(pixels)
    if "wish" in truth:
        return _objections_to_wish(pixels, truth["wish"], strictness)
    if "scene" not in truth:
        raise InputError(f"this truth has neither a wish nor a scene to draw, only {', '.join(truth)}")
    return look(pixels, truth["scene"], strictness).objections


def kept_psnr(drawn: np.ndarray, before: Scene, target: Scene) -> float | None:
    """PSNR in dB (at most 100) against the target over what should not change; None where all should.

    Where the ground changes, the things on it are what should stay, and all of the picture is compared with the target.
    """
    true, old = (render(scene, len(drawn)).astype(np.float32) for scene in (target, before))
    is_kept = (true == old).all(axis=2)
    if before.ground != target.ground:
        is_kept[:] = True
    if not is_kept.any():
        return None
    error = float(((drawn.astype(np.float32) - true)[is_kept] ** 2).mean())
    return MAX_PSNR if error == 0 else min(MAX_PSNR, 10 * math.log10(255**2 / error))


def _objections_to_wish(pixels: np.ndarray, wish: Wish, strictness: Strictness) -> tuple[str, ...]:
    found, scene = find(pixels, wish)
    objections = look(pixels, scene, strictness).objections
    if not objections and not wish.agrees(found, is_place(str(scene.ground))):
        return ("it is not where or as big as the words say",)
    return objections
