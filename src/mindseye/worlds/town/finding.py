"""Find the things of a wish in a picture, wherever they are: by matching their drawings at every place and size.

A drawing's worth at a place is how much of the picture it explains that the ground behind it does not. The search looks
at a quarter of the resolution and by Fourier transforms, then each find is refined at the full one.
"""
# S side of the picture in px, R = S / 4 rows and columns of the search, T drawings tried, C = 3 colours

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from .areas import reach_of
from .drawables import Drawable, Icon, sprite_of
from .grounds import is_place
from .render import box_of, paint_ground, put, render
from .scenes import UNITS, Placed, Scene, stand
from .styles import load_sheet
from .wishes import LEAST, MOST, Wanted, Wish

COARSE = 4  # px of the picture a side of one of the search
_SIZE_STEP = 4  # units
_FEW = 2  # things that can be found one after another
_MOVE = (-2, -1, 0, 1, 2)  # units
_RESIZE = (-4, -2, 0, 2, 4)  # units


def nearest_ground(pixels: np.ndarray, grounds: tuple[str, ...]) -> str:
    """The one of the grounds that most of the picture looks like."""
    seen = pixels.astype(np.int16)
    distances = [float(np.median(np.abs(seen - paint_ground(ground, len(pixels))).sum(axis=2))) for ground in grounds]
    return grounds[int(np.argmin(distances))]


def find(pixels: np.ndarray, wish: Wish) -> tuple[tuple[Placed, ...], Scene]:
    """The likeliest places of the wanted things, in their order, and the scene of these and what was to be kept.

    All are of one style, the one that explains most. (S, S, 3) uint8 pixels.
    """
    ground = nearest_ground(pixels, wish.grounds)
    best: tuple[float, tuple[Placed, ...]] = (-np.inf, ())
    for style in wish.styles:
        wanted = [_in_style(want, style) for want in wish.wanted]
        if any(isinstance(want.what, Icon) and want.what.noun not in load_sheet(style) for want in wanted):
            continue
        behind = Scene(wish.kept, ground)
        found = _found_again(pixels, wanted, behind, _find_all(pixels, wanted, behind))
        worth = -_error(pixels, behind, found)
        if worth > best[0]:
            best = (worth, found)
    return best[1], stand([*best[1], *wish.kept], ground)


def _in_style(want: Wanted, style: str) -> Wanted:
    return replace(want, what=replace(want.what, style=style)) if isinstance(want.what, Icon) else want


def _find_all(pixels: np.ndarray, wanted: list[Wanted], behind: Scene) -> tuple[Placed, ...]:
    """One place each; in every round the thing that explains most is taken and drawn into what is known."""
    side = len(pixels)
    known = render(behind, side)
    found: list[Placed | None] = [None] * len(wanted)
    while None in found:
        best: tuple[float, int, Placed] | None = None
        for number, want in enumerate(wanted):
            is_repeat = any(other == want and found[n] is None for n, other in enumerate(wanted[:number]))
            if found[number] is not None or is_repeat:
                continue
            worth, place = _search(pixels, known, want, is_place(str(behind.ground)))
            if best is None or worth > best[0]:
                best = (worth, number, place)
        assert best is not None
        thing = _refined(pixels, known, best[2])
        found[best[1]] = thing
        put(known, thing)
    return tuple(thing for thing in found if thing is not None)


def _found_again(
    pixels: np.ndarray, wanted: list[Wanted], behind: Scene, found: tuple[Placed, ...]
) -> tuple[Placed, ...]:
    """Each thing looked for again among all others, as the first may have been taken for others that lie close."""
    best = _error(pixels, behind, found)
    for number in range(len(wanted) if len(wanted) > _FEW else 0):
        others = found[:number] + found[number + 1 :]
        known = render(stand([*others, *behind.things], behind.ground), len(pixels))
        thing = _refined(pixels, known, _search(pixels, known, wanted[number], is_place(str(behind.ground)))[1])
        again = (*found[:number], thing, *found[number + 1 :])
        if (error := _error(pixels, behind, again)) < best:
            best, found = error, again
    return found


def _error(pixels: np.ndarray, behind: Scene, found: tuple[Placed, ...]) -> float:
    drawn = render(stand([*found, *behind.things], behind.ground), len(pixels)).astype(np.float32)
    return float(((drawn - pixels) ** 2).sum())


def _search(pixels: np.ndarray, known: np.ndarray, want: Wanted, is_on_place: bool) -> tuple[float, Placed]:
    """The best place of a thing at a quarter of the resolution, where it may be, and how much it explains there."""
    drawings = _drawings(want.what, LEAST, MOST, len(pixels))
    behind = _shrunk(known)
    off = _shrunk(pixels) - behind  # (R, R, C)
    rows = len(off)
    shape = (2 * rows, 2 * rows)

    def spectrum(values: np.ndarray) -> np.ndarray:
        return np.fft.rfft2(values, shape, axes=(0, 1))

    f_off, f_mixed, f_behind, f_squared = map(spectrum, (off, off * behind, behind, behind**2))
    gain = np.zeros((len(drawings.sizes), *f_off.shape[:2]), np.complex64)
    for channel in range(3):
        light = np.conj(drawings.light[..., channel])
        mixed = np.conj(drawings.mixed[..., channel])
        gain += 2 * (f_off[..., channel] * light - f_mixed[..., channel] * np.conj(drawings.cover))
        gain -= f_squared[..., channel] * np.conj(drawings.cover_squared) - 2 * f_behind[..., channel] * mixed
    worth = np.fft.irfft2(gain, shape, axes=(1, 2)) - drawings.energy[:, None, None]  # (T, 2R, 2R) by top left corner
    scale = COARSE * UNITS / len(pixels)
    for number, size in enumerate(drawings.sides):
        worth[number, max(1, rows - size + 1) :] = -np.inf
        worth[number, :, max(1, rows - size + 1) :] = -np.inf
        if want.area:
            centres = (np.arange(2 * rows) + size / 2) * scale
            (left, right), (top, bottom) = reach_of(want.area, is_on_place)
            worth[number, (centres < top) | (centres > bottom)] = -np.inf
            worth[number, :, (centres < left) | (centres > right)] = -np.inf
    index = np.unravel_index(int(worth.argmax()), worth.shape)
    size, half = drawings.sizes[index[0]], drawings.sides[index[0]] / 2
    x, y = (round((corner + half) * scale) for corner in (index[2], index[1]))
    return float(worth[index]), Placed(want.what, x, y, size)


class _Drawings:
    """A thing at many sizes as the search needs it: spectra of its light, its cover and their products."""

    def __init__(self, what: Drawable, sizes: list[int], side: int) -> None:
        rows = -(-side // COARSE)
        self.sizes = sizes
        self.sides = [max(2, round(size * side / UNITS / COARSE)) for size in sizes]
        light = np.zeros((len(sizes), rows, rows, 3), np.float32)
        cover = np.zeros((len(sizes), rows, rows), np.float32)
        for number, drawn in enumerate(self.sides):
            sprite = sprite_of(what, drawn).astype(np.float32)
            light[number, :drawn, :drawn] = sprite[..., :3]
            cover[number, :drawn, :drawn] = sprite[..., 3] / 255
        shape = (2 * rows, 2 * rows)
        self.energy = (light**2).sum(axis=(1, 2, 3))
        self.light, self.mixed = (
            np.fft.rfft2(values, shape, axes=(1, 2)).astype(np.complex64)
            for values in (light, light * cover[..., None])
        )
        self.cover, self.cover_squared = (
            np.fft.rfft2(values, shape, axes=(1, 2)).astype(np.complex64) for values in (cover, cover**2)
        )


@lru_cache(maxsize=256)
def _drawings(what: Drawable, low: int, high: int, side: int) -> _Drawings:
    return _Drawings(what, list(range(low, high + 1, _SIZE_STEP)), side)


def _refined(pixels: np.ndarray, known: np.ndarray, thing: Placed) -> Placed:
    """The place and size nearby that fit best at the full resolution, going on for as long as it gets better."""
    best = None
    while thing != best:
        best = thing
        options = [
            Placed(best.what, best.x + dx, best.y + dy, best.size + dsize)
            for dsize in _RESIZE
            if best.size + dsize >= LEAST
            for dx in _MOVE
            for dy in _MOVE
        ]
        thing = min([best, *options], key=lambda one: _misfit(pixels, known, one))
    return thing


def _misfit(pixels: np.ndarray, known: np.ndarray, thing: Placed) -> float:
    """Change of the squared error when the thing is drawn there; below 0 where it explains something."""
    top, left, size = box_of(thing, len(pixels))
    rows, columns = (slice(max(0, start), max(0, start + size)) for start in (top, left))
    if top < 0 or left < 0 or top + size > len(pixels) or left + size > len(pixels):
        return np.inf
    seen, before = (array[rows, columns].astype(np.float32) for array in (pixels, known))
    sprite = sprite_of(thing.what, size).astype(np.float32)
    drawn = before * (1 - sprite[..., 3:] / 255) + sprite[..., :3]
    return float(((seen - drawn) ** 2).sum() - ((seen - before) ** 2).sum())


def _shrunk(pixels: np.ndarray) -> np.ndarray:
    side = len(pixels) // COARSE * COARSE
    parts = pixels[:side, :side].reshape(side // COARSE, COARSE, side // COARSE, COARSE, 3)
    return parts.mean(axis=(1, 3)).astype(np.float32)
