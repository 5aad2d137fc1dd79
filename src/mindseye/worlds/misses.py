"""Near misses of the first world: pictures with exactly one thing wrong, which the judge's eye must refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from PIL import Image, ImageFilter

from . import operations
from .dice import Dice
from .nouns import NOUNS
from .render import render, sprite_of
from .scenes import BACKGROUNDS, CELL_SIZE, PLACES, Scene, Thing

Miss = Callable[[Dice, Scene], np.ndarray | None]
"""From a scene to (64, 64, 3) uint8 pixels that are nearly it, or None where the scene does not allow that."""

_BLUR, _TINY = 2.0, 16  # px


def neighbour(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One noun is one of the three that look most like it."""
    return _exchanged(dice, scene, lambda thing: replace(thing, noun=dice.pick(_neighbours(thing.noun))))


def wrong(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One noun is any other."""
    others = [noun for noun in NOUNS if noun not in [thing.noun for thing in scene.things]]
    return _exchanged(dice, scene, lambda thing: replace(thing, noun=dice.pick(others)))


def resized(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One thing is small in place of big or big in place of small."""
    return _exchanged(dice, scene, lambda thing: replace(thing, size="big" if thing.size == "small" else "small"))


def moved(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One thing stands in another corner."""
    if not scene.free_places:
        return None
    return _exchanged(dice, scene, lambda thing: replace(thing, place=dice.pick(scene.free_places)))


def missing(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One thing is not there."""
    return _exchanged(dice, scene, lambda thing: None)


def extra(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One thing is there that nobody asked for."""
    if not scene.free_places:
        return None
    return render(operations.add(scene, dice.pick(tuple(NOUNS)), dice.pick(scene.free_places)))


def recoloured(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One thing has its colours turned by a third of the circle."""
    if not scene.things:
        return None
    thing = dice.pick(scene.things)
    pixels, top_left = render(scene), PLACES[thing.place]
    square = tuple(slice(start, start + CELL_SIZE) for start in top_left)
    is_thing = np.abs(pixels[square].astype(int) - BACKGROUNDS[scene.background]).sum(axis=2) > 24
    turned = pixels[square][..., [1, 2, 0]]
    if not is_thing.any() or np.abs(turned.astype(int) - pixels[square])[is_thing].mean() < 20:
        return None  # what is gray stays gray
    pixels[square][is_thing] = turned[is_thing]
    return pixels


def wrong_ground(dice: Dice, scene: Scene) -> np.ndarray:
    """All as it should be, but on another background."""
    return render(replace(scene, background=dice.pick([one for one in BACKGROUNDS if one != scene.background])))


def blurred(dice: Dice, scene: Scene) -> np.ndarray:
    """Out of focus by two pixels."""
    return np.array(Image.fromarray(render(scene)).filter(ImageFilter.GaussianBlur(_BLUR)))


def shrunk(dice: Dice, scene: Scene) -> np.ndarray:
    """Made sixteen pixels small and big again."""
    image = Image.fromarray(render(scene))
    return np.array(image.resize((_TINY, _TINY), Image.Resampling.BICUBIC).resize(image.size, Image.Resampling.BICUBIC))


MISSES: dict[str, Miss] = {
    "neighbour": neighbour,
    "wrong": wrong,
    "resized": resized,
    "moved": moved,
    "missing": missing,
    "extra": extra,
    "recoloured": recoloured,
    "wrong ground": wrong_ground,
    "blurred": blurred,
    "shrunk": shrunk,
}


def _exchanged(dice: Dice, scene: Scene, change: Callable[[Thing], Thing | None]) -> np.ndarray | None:
    if not scene.things:
        return None
    old = dice.pick(scene.things)
    new = change(old)
    left = [thing for thing in scene.things if thing != old]
    if new and new.place == "middle" and left:
        return None
    return render(replace(scene, things=tuple([*left, new] if new else left)))


@cache
def _neighbours(noun: str) -> tuple[str, ...]:
    """The three nouns whose drawings look most like it."""

    def look(name: str) -> np.ndarray:
        sprite = sprite_of(name, "big", "noto").astype(np.float32)
        return sprite[..., :3] + 128 * (1 - sprite[..., 3:] / 255)

    mine, others = look(noun), [name for name in NOUNS if name != noun]
    return tuple(sorted(others, key=lambda name: float(((look(name) - mine) ** 2).sum()))[:3])
