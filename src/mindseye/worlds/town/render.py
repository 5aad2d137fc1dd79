"""From a scene to its pixels: exact, without chance."""
# S side of the picture in px

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from .backdrops import paint_place
from .drawables import sprite_of
from .grounds import COLOURS
from .scenes import UNITS, Placed, Scene
from .streets import Street, paint_street

PICTURE_SIZE = 96  # px a side, as the pocket model sees and draws


def render(scene: Scene, side: int = PICTURE_SIZE) -> np.ndarray:
    """The scene's pixels: (S, S, 3) uint8, a new array each time."""
    pixels = paint_ground(scene.ground, side).copy()
    for thing in scene.things:
        put(pixels, thing)
    return pixels


def to_image(scene: Scene, side: int = PICTURE_SIZE) -> Image.Image:
    """The scene as an RGB image."""
    return Image.fromarray(render(scene, side))


def put(pixels: np.ndarray, thing: Placed) -> None:
    """Lay one thing over (S, S, 3) uint8 pixels, in place; what lies outside is cut off."""
    box = box_of(thing, len(pixels))
    top, left, size = box
    sprite = sprite_of(thing.what, size)
    rows, columns = (slice(max(0, start), min(len(pixels), start + size)) for start in (top, left))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    part = sprite[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    under = pixels[rows, columns].astype(np.uint16)
    over = (under * (255 - part[..., 3:].astype(np.uint16)) + 127) // 255
    pixels[rows, columns] = np.minimum(over + part[..., :3], 255)


def box_of(thing: Placed, side: int) -> tuple[int, int, int]:
    """Top, left and side of a thing's square in px of a picture with that side; may reach outside."""
    scale = side / UNITS
    size = max(4, round(thing.size * scale))
    return round(thing.y * scale - size / 2), round(thing.x * scale - size / 2), size


@lru_cache(maxsize=64)
def paint_ground(ground: str | Street, side: int = PICTURE_SIZE) -> np.ndarray:
    """(S, S, 3) uint8, read-only."""
    if isinstance(ground, str) and ground in COLOURS:
        painted = np.full((side, side, 3), COLOURS[ground], np.uint8)
    else:
        picture = paint_street(ground) if isinstance(ground, Street) else paint_place(ground)
        painted = np.array(picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS))
    painted.setflags(write=False)
    return painted
