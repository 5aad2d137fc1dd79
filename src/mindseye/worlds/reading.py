"""Read a picture back: which background, and what stands where, by matching against the drawings themselves.

Pixels are averaged 2x2 first and every drawing is also known slightly blurred: that forgives what an
autoencoder does but keeps big and small apart. A place counts as recognised only when one drawing explains
it well, and much better than any other noun does, so that smears and blends of two things are refused.
"""

# P places (the four corners, then the middle), K drawings (noun x size x blur), F = 16 * 16 * 3 features of a place

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from ..errors import InputError
from .nouns import NOUNS
from .render import icon_on, render
from .scenes import BACKGROUNDS, CELL_SIZE, CORNERS, PICTURE_SIZE, PLACES, SIZES, Scene, Thing
from .sharpness import detail_kept


@dataclass(frozen=True)
class Strictness:
    """When a reading is believed.

    background: largest RGB distance of the border from a known colour.
    error: largest unexplained share of a drawing's energy (0 is perfect).
    rivalry: largest ratio of the error to that of the nearest other noun (1 is undecided).
    trace: mean squared deviation (levels squared) below which an empty place counts as empty.
    colour: largest distance (levels) of a thing's mean colour from that of its drawing.
    detail: least share of the fine structure of what was read that the picture must have; a blurred one has little.
    """

    background: float = 36.0
    error: float = 0.5
    rivalry: float = 0.5
    trace: float = 60.0
    colour: float = 30.0
    detail: float = 0.4


@dataclass(frozen=True)
class Mark:
    """What was made out at one place, whether believed or not; the nearest drawing if it was not."""

    place: str
    noun: str
    size: str
    error: float
    rivalry: float
    is_recognised: bool


@dataclass(frozen=True)
class Reading:
    """A picture as read: the nearest background, and a mark wherever something stands."""

    background: str
    is_background_sure: bool
    marks: tuple[Mark, ...]
    style: str
    is_sharp: bool = True

    @property
    def is_clear(self) -> bool:
        """Whether all that is seen was recognised."""
        return self.is_background_sure and self.is_sharp and all(mark.is_recognised for mark in self.marks)

    @property
    def scene(self) -> Scene | None:
        """The scene that was read, or None where something is not clear."""
        return self.best_guess if self.is_clear else None

    @property
    def best_guess(self) -> Scene:
        """The nearest scene, clear or not."""
        things = tuple(Thing(mark.noun, mark.place, mark.size) for mark in self.marks)
        return Scene(things, self.background, self.style)


DEFAULT_STRICTNESS = Strictness()

_BLURS = (0.0, 1.0)  # px, standard deviation


def read_scene(pixels: np.ndarray, style: str = "noto", strictness: Strictness = DEFAULT_STRICTNESS) -> Reading:
    """Read (64, 64, 3) uint8 pixels; InputError for any other shape or type."""
    if pixels.shape != (PICTURE_SIZE, PICTURE_SIZE, 3) or pixels.dtype != np.uint8:
        raise InputError(f"a picture of this world is (64, 64, 3) uint8, not {pixels.shape} {pixels.dtype}")
    ground = _ground_colour(pixels)  # (3,)
    background, distance = _nearest_background(ground)
    seen = _halved(pixels.astype(np.float32) - ground)  # (32, 32, 3)
    squares = np.stack([_square(seen, place) for place in PLACES])  # (P, F)
    drawings = _drawings(background, style)
    own = (squares**2).sum(axis=1)  # (P,)
    likeness = np.einsum("pf,kf->pk", squares, drawings.features)  # BLAS threads cost more than they bring
    errors = np.maximum(own[:, None] - 2 * likeness + drawings.energies, 0.0)  # (P, K) squared distances
    faintest = strictness.trace * squares.shape[1]
    marks = []
    for place in ("middle",) if _is_middle_alone(seen, own, errors, faintest) else CORNERS:
        index = list(PLACES).index(place)
        mark = _mark(place, squares[index], errors[index], drawings, strictness)
        if mark.is_recognised or own[index] > faintest:
            marks.append(mark)
    read = Reading(background, distance <= strictness.background, tuple(marks), style)
    return replace(read, is_sharp=detail_kept(pixels, render(read.best_guess)) >= strictness.detail)


def _ground_colour(pixels: np.ndarray) -> np.ndarray:
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])  # (256, 3)
    return np.median(border, axis=0).astype(np.float32)


def _nearest_background(colour: np.ndarray) -> tuple[str, float]:
    known = np.array(list(BACKGROUNDS.values()), np.float32)
    distances = np.sqrt(((known - colour) ** 2).sum(axis=1))
    index = int(distances.argmin())
    return tuple(BACKGROUNDS)[index], float(distances[index])


def _halved(values: np.ndarray) -> np.ndarray:
    height, width, channels = values.shape
    return values.reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3))


def _square(halved: np.ndarray, place: str) -> np.ndarray:
    top, left = (start // 2 for start in PLACES[place])
    side = CELL_SIZE // 2
    return halved[top : top + side, left : left + side].ravel()


@dataclass(frozen=True)
class _Drawings:
    nouns: np.ndarray  # (K,) str
    sizes: np.ndarray  # (K,) str
    features: np.ndarray  # (K, F), differences from the background
    energies: np.ndarray  # (K,), sums of squared features


@lru_cache(maxsize=64)
def _drawings(background: str, style: str) -> _Drawings:
    """Every drawing over one background, sharp and slightly blurred."""
    named = [(noun, size, blur) for noun in NOUNS for size in SIZES for blur in _BLURS]
    ground = Image.new("RGB", (CELL_SIZE, CELL_SIZE), BACKGROUNDS[background])
    features = np.zeros((len(named), (CELL_SIZE // 2) ** 2 * 3), np.float32)
    for row, (noun, size, blur) in zip(features, named):
        drawn = Image.fromarray(icon_on(noun, size, background, style))
        square = ground.copy()
        square.paste(drawn, ((CELL_SIZE - drawn.width) // 2,) * 2)
        blurred = square.filter(ImageFilter.GaussianBlur(blur)) if blur else square
        row[:] = _halved(np.array(blurred, np.float32) - np.array(ground)).ravel()
    nouns, sizes, _ = (np.array(words) for words in zip(*named))
    return _Drawings(nouns, sizes, features, (features**2).sum(axis=1))


def _is_middle_alone(seen: np.ndarray, own: np.ndarray, errors: np.ndarray, faintest: float) -> bool:
    """Whether one thing in the middle explains the picture better than things in the corners."""
    unexplained = np.minimum(errors.min(axis=1), own)  # (P,)
    around = seen.copy()
    start, end = PICTURE_SIZE // 8, PICTURE_SIZE * 3 // 8
    around[start:end, start:end] = 0.0
    rests = [float((_square(around, place) ** 2).sum()) for place in CORNERS]
    as_corners, as_middle = unexplained[: len(CORNERS)].sum(), unexplained[-1] + sum(rests)
    return bool(as_middle < as_corners and max(rests) <= faintest)


def _mark(place: str, square: np.ndarray, errors: np.ndarray, drawings: _Drawings, strictness: Strictness) -> Mark:
    best = int(errors.argmin())
    noun, size = str(drawings.nouns[best]), str(drawings.sizes[best])
    error = float(errors[best] / drawings.energies[best])
    rivalry = float(errors[best] / max(errors[drawings.nouns != noun].min(), 1e-6))
    is_coloured_so = _colour_distance(square, drawings.features[best]) <= strictness.colour
    is_recognised = error <= strictness.error and rivalry <= strictness.rivalry and is_coloured_so
    return Mark(place, noun, size, error, rivalry, is_recognised)


def _colour_distance(square: np.ndarray, drawing: np.ndarray) -> float:
    """How far the mean colour over a drawing's pixels lies from the drawing's own."""
    seen, drawn = square.reshape(-1, 3), drawing.reshape(-1, 3)
    is_thing = np.abs(drawn).sum(axis=1) > 12
    if not is_thing.any():
        return 0.0
    return float(np.linalg.norm((seen - drawn)[is_thing].mean(axis=0)))
