"""Whether what a picture shows can be seen: a banana on yellow cannot be judged, so nobody is asked about it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .drawables import Icon, sprite_of
from .grounds import COLOURS
from .scenes import Scene

_SIDE = 24  # px at which it is looked at
_APART = 70  # levels of all three colours together by which a pixel stands out
_LEAST = 0.4  # share of a thing's pixels that must stand out


def is_visible(scene: Scene) -> bool:
    """Whether every thing stands out of a plain ground; over a place all of them do."""
    if not isinstance(scene.ground, str) or scene.ground not in COLOURS:
        return True
    return all(stands_out(thing.what, scene.ground) for thing in scene.things if isinstance(thing.what, Icon))


@lru_cache(maxsize=16_384)
def stands_out(icon: Icon, ground: str) -> bool:
    """Whether enough of the drawing differs from the plain ground."""
    sprite = sprite_of(icon, _SIDE).astype(np.float32)
    cover = sprite[..., 3] / 255
    drawn = sprite[..., :3] + np.array(COLOURS[ground]) * (1 - cover[..., None])
    apart = np.abs(drawn - COLOURS[ground]).sum(axis=2)
    return bool(((apart > _APART) & (cover > 0.5)).sum() >= _LEAST * (cover > 0.5).sum())
