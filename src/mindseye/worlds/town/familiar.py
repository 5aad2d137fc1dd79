"""Whether a picture may be one of the town: enough of it is one of the town's grounds."""
# S side of the picture in px

from __future__ import annotations

from itertools import product

import numpy as np

from .grounds import COLOURS, PLACES
from .render import paint_ground
from .streets import Street

STREETS = tuple(Street(turn, kerb) for turn, kerb in product((-1, 0, 1), range(5)))
GROUNDS: tuple[str | Street, ...] = (*COLOURS, *PLACES, *STREETS)
_TOLERANCE = 24  # levels that a channel of a drawn picture may be off
_SHARE = 0.4  # of a picture that its ground fills at least; of 800 scenes the fullest leaves 0.5


def is_foreign(pixels: np.ndarray) -> bool:
    """Whether (S, S, 3) uint8 pixels lie on no ground of the town."""
    return max(_share_of(pixels, ground) for ground in GROUNDS) < _SHARE


def _share_of(pixels: np.ndarray, ground: str | Street) -> float:
    """The share of the pixels that are the ground's."""
    off = np.abs(pixels.astype(np.int16) - paint_ground(ground, len(pixels))).max(axis=2)
    return float((off <= _TOLERANCE).mean())
