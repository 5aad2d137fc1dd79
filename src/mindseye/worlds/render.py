"""From a scene to its pixels: fast, exact, without chance."""

# S side of a drawn icon in px

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from PIL import Image

from .scenes import BACKGROUNDS, CELL_SIZE, PICTURE_SIZE, PLACES, SIZES, Scene
from .sprites import load_sheet


def render(scene: Scene) -> np.ndarray:
    """The scene's pixels: (64, 64, 3) uint8, a new array each time."""
    pixels = np.empty((PICTURE_SIZE, PICTURE_SIZE, 3), np.uint8)
    pixels[:] = BACKGROUNDS[scene.background]
    for thing in scene.things:
        drawn = icon_on(thing.noun, thing.size, scene.background, scene.style)
        top, left = PLACES[thing.place]
        margin = (CELL_SIZE - len(drawn)) // 2
        top, left = top + margin, left + margin
        pixels[top : top + len(drawn), left : left + len(drawn)] = drawn
    return pixels


def to_image(scene: Scene) -> Image.Image:
    """The scene as a 64x64 RGB image."""
    return Image.fromarray(render(scene))


@lru_cache(maxsize=4096)
def icon_on(noun: str, size: str, background: str, style: str) -> np.ndarray:
    """One icon blended over a background: (S, S, 3) uint8, read-only."""
    sprite = sprite_of(noun, size, style)
    coverage = sprite[..., 3:] / 255.0  # (S, S, 1)
    blended = sprite[..., :3] + np.array(BACKGROUNDS[background]) * (1.0 - coverage)  # (S, S, 3)
    drawn = np.clip(np.rint(blended), 0, 255).astype(np.uint8)
    drawn.setflags(write=False)
    return drawn


@cache
def sprite_of(noun: str, size: str, style: str) -> np.ndarray:
    """One icon at the size it is drawn: (S, S, 4) uint8, colours premultiplied by alpha, read-only."""
    side = SIZES[size]
    icon = load_sheet(style)[noun].convert("RGBa").resize((side, side), Image.Resampling.LANCZOS)
    sprite = np.frombuffer(icon.tobytes(), np.uint8).reshape(side, side, 4).copy()
    np.minimum(sprite[..., :3], sprite[..., 3:], out=sprite[..., :3])  # Lanczos may overshoot at an edge
    sprite.setflags(write=False)
    return sprite
