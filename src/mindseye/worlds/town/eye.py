"""The eye: is this picture a faithful drawing of that scene? It looks for what a person would object to.

Every thing may lie a little beside its place; then it is asked: Is it there, rather than not? Is it this one, rather
than any rival that a person would tell apart (another noun, colour, piece of clothing, state, size)? Is its detail
there, or is it blurred? And is nothing else in the picture that should not be?
"""
# S side of the picture in px, s side of a thing's square

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ..sharpness import detail_kept
from .drawables import described, word_of
from .render import box_of, paint_ground, put, render
from .rivals import rivals_of
from .scenes import UNITS, Placed, Scene


@dataclass(frozen=True)
class Strictness:
    """When a picture is believed.

    absence, rivalry, colour: how far (0 to 1) a picture may lie on the way from the true drawing to the one without the
    thing, to the one with a rival in its place, and to the one with its colours turned. detail: least share of the true
    drawing's fine structure that must be kept. stain: largest mean squared deviation (levels squared) of a square of
    8 x 8 units from what should be there, where there are things and (ground_stain) where there are none. ground: the
    same for all that lies outside the things.
    """

    absence: float = 0.5
    rivalry: float = 0.5
    colour: float = 0.4
    detail: float = 0.36
    stain: float = 3600.0
    ground_stain: float = 1000.0
    ground: float = 300.0


DEFAULT_STRICTNESS = Strictness()
_SLACK = (-2, -1, 0, 1, 2)  # units that a thing may lie beside its place
_STAIN_SIDE = 8  # units
_DETAIL = 2.5  # units: what a blur so wide takes away is detail
_SEEN = 40_000.0  # squared levels, of a picture of 128 px: a person sees a difference from here on


@dataclass(frozen=True)
class Sight:
    """What the eye made of a picture: its objections, and the scene it compared with, things where they really lie."""

    objections: tuple[str, ...]
    scene: Scene

    @property
    def is_true(self) -> bool:
        """Whether there is nothing to object to."""
        return not self.objections


def look(pixels: np.ndarray, scene: Scene, strictness: Strictness = DEFAULT_STRICTNESS) -> Sight:
    """Compare (S, S, 3) uint8 pixels with a scene; InputError for any other shape or type."""
    check_picture(pixels)
    seen = pixels.astype(np.float32)
    scene = align(seen, scene)
    true = render(scene, len(pixels)).astype(np.float32)
    objections = [
        f"{name}: {what}"
        for number, thing in enumerate(scene.things)
        for name, what in _objections_to(seen, true, scene, number, strictness)
        if thing
    ]
    objections += _objections_to_rest(seen, true, scene, strictness)
    return Sight(tuple(objections), scene)


def check_picture(pixels: np.ndarray) -> None:
    """InputError unless these are (S, S, 3) uint8."""
    if pixels.ndim != 3 or pixels.shape[0] != pixels.shape[1] or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise InputError(f"a picture of the town is square, (S, S, 3) uint8, not {pixels.shape} {pixels.dtype}")


def align(seen: np.ndarray, scene: Scene) -> Scene:
    """The scene with every thing moved by up to two units to where the picture really has it."""
    for number in range(len(scene.things)):
        here = scene.things[number]
        around = _around(here, len(seen))
        best, least = here, np.inf
        for dx in _SLACK:
            for dy in _SLACK:
                there = replace(here, x=here.x + dx, y=here.y + dy)
                drawn = _part(with_thing(scene, number, there), around, len(seen))
                error = float(((seen[around] - drawn) ** 2).sum()) * (1 + 0.002 * (abs(dx) + abs(dy)))
                if error < least:
                    best, least = there, error
        scene = with_thing(scene, number, best)
    return scene


def with_thing(scene: Scene, number: int, thing: Placed | None) -> Scene:
    """The scene with another thing in place of one, or with none there."""
    things = list(scene.things)
    things[number : number + 1] = [thing] if thing else []
    return replace(scene, things=tuple(things))


def progress(seen: np.ndarray, true: np.ndarray, other: np.ndarray) -> float:
    """How far the picture lies on the way from the true drawing (0) to another one (1); 0 where both are the same."""
    way = other - true
    length = float((way**2).sum())
    return float(((seen - true) * way).sum()) / length if length > 1.0 else 0.0


def _objections_to(
    seen: np.ndarray, true: np.ndarray, scene: Scene, number: int, strictness: Strictness
) -> list[tuple[str, str]]:
    side, thing = len(seen), scene.things[number]
    around = _around(thing, side)
    mine, right = seen[around], true[around]
    if not right.size:
        return []
    name = word_of(thing.what)
    found = []
    without = _part(with_thing(scene, number, None), around, side)
    if progress(mine, right, without) > strictness.absence:
        found.append((name, "it is not there"))
    least = _SEEN * (side / UNITS) ** 2
    for rival in rivals_of(thing):
        drawn = _part(with_thing(scene, number, rival), around, side)
        if ((drawn - right) ** 2).sum() > least and progress(mine, right, drawn) > strictness.rivalry:
            found.append((name, f"it is rather: {described(rival.what)}, {rival.size} units wide"))
            break
    if any(progress(mine, right, turned) > strictness.colour for turned in _recoloured(right, without, least)):
        found.append((name, "it has another colour"))
    return found


def _recoloured(right: np.ndarray, without: np.ndarray, least: float) -> Iterator[np.ndarray]:
    """The true drawing with the thing's colours turned by a third of the circle either way, where that can be seen."""
    is_thing = np.abs(right - without).sum(axis=2, keepdims=True) > 24
    for order in ((1, 2, 0), (2, 0, 1)):
        turned = np.where(is_thing, right[..., order], right)
        if ((turned - right) ** 2).sum() > least:
            yield turned


def _objections_to_rest(seen: np.ndarray, true: np.ndarray, scene: Scene, strictness: Strictness) -> list[str]:
    squared = ((seen - true) ** 2).mean(axis=2)  # (S, S)
    is_free = np.ones(squared.shape, bool)
    for thing in scene.things:
        is_free[_around(thing, len(seen))] = False
    found = []
    if (
        _stains(squared, len(seen)) > strictness.stain
        or _stains(squared * is_free, len(seen)) > strictness.ground_stain
    ):
        found.append("something is there that should not be")
    if is_free.any() and squared[is_free].mean() > strictness.ground:
        found.append("the ground is not the one that was asked for")
    if scene.things and detail_kept(seen, true, _DETAIL * len(seen) / UNITS) < strictness.detail:
        found.append("it is blurred")
    return found


def _stains(squared: np.ndarray, side: int) -> float:
    """The largest mean of a square of cells."""
    cell = max(1, round(_STAIN_SIDE * side / UNITS))
    count = side // cell
    cells = squared[: count * cell, : count * cell].reshape(count, cell, count, cell)
    return float(cells.mean(axis=(1, 3)).max())


def _around(thing: Placed, side: int) -> tuple[slice, slice]:
    """The rows and columns of a thing's square with a rim, cut off at the border of the picture."""
    top, left, size = box_of(thing, side)
    rim = 3
    return tuple(slice(max(0, start - rim), max(0, min(side, start + size + rim))) for start in (top, left))  # type: ignore[return-value]


def _part(scene: Scene, around: tuple[slice, slice], side: int) -> np.ndarray:
    """Float pixels of the scene within a square; things that do not reach it are not drawn."""
    rows, columns = around
    pixels = paint_ground(scene.ground, side).copy()
    for thing in scene.things:
        top, left, size = box_of(thing, side)
        if top < rows.stop and top + size > rows.start and left < columns.stop and left + size > columns.start:
            put(pixels, thing)
    return pixels[around].astype(np.float32)
