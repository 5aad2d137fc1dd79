"""How much of a drawing's fine structure a picture has kept: what a blur would take away."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

_FAINT = 4.0  # levels squared a number: below this there is no detail that could be lost


def detail_kept(seen: np.ndarray, true: np.ndarray, blur: float = 1.5) -> float:
    """Share of the true drawing's detail that the picture has: 1 for the same, near 0 for a blurred one.

    Both (s, t, 3), 0 to 255; only brightness counts. What a Gaussian blur with a deviation of `blur` px takes away is
    detail. 1 where there is none to lose.
    """
    fine, drawn = _fine(true, blur), _fine(seen, blur)
    energy = float((fine**2).sum())
    return float((fine * drawn).sum()) / energy if energy > fine.size * _FAINT else 1.0


def _fine(pixels: np.ndarray, blur: float) -> np.ndarray:
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).convert("L")
    return np.asarray(image, np.float32) - np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), np.float32)
