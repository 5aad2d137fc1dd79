"""Near misses: pictures with exactly one thing wrong with them, which the eye must refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image, ImageFilter

from ..dice import Dice
from .drawables import Icon
from .eye import with_thing
from .grounds import COLOURS, is_place
from .layout import ALL_PLACES
from .nouns import ALL_NOUNS
from .render import box_of, render
from .rivals import neighbours, rivals_in_place
from .scenes import UNITS, Placed, Scene

Miss = Callable[[Dice, Scene], np.ndarray | None]
"""From a scene to (S, S, 3) uint8 pixels that are nearly it, or None where the scene does not allow that."""

_FAR = 12  # units by which a thing is moved at least
_BLUR = 2.0  # px of a picture of 128
_TINY = 16  # px to which a picture is shrunk


def neighbour(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One noun is one of the three that look most like it."""
    number = _pick(dice, scene, only_icons=True)
    if number is None:
        return None
    icon = scene.things[number].what
    assert isinstance(icon, Icon)
    return _swapped(scene, number, replace(icon, noun=dice.pick(neighbours(icon.noun, icon.style)[:3])))


def wrong(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One thing is another: any noun, or one word of somebody's description."""
    number = _pick(dice, scene)
    if number is None:
        return None
    what = scene.things[number].what
    if isinstance(what, Icon):
        return _swapped(scene, number, replace(what, noun=dice.pick([noun for noun in ALL_NOUNS if noun != what.noun])))
    rivals = rivals_in_place(what)
    return _swapped(scene, number, dice.pick(rivals)) if rivals else None


def moved(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One thing is a tenth of the picture or more away from its place."""
    number = _pick(dice, scene)
    if number is None:
        return None
    thing = scene.things[number]
    dx, dy = dice.pick(((1, 0), (-1, 0), (0, 1), (0, -1)))
    far = _FAR + int(dice.rng.random() * 12)
    there = replace(thing, x=thing.x + dx * far, y=thing.y + dy * far)
    return render(with_thing(scene, number, there)) if _is_whole(there) else None


def missing(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One thing is not there."""
    number = _pick(dice, scene)
    return None if number is None else render(with_thing(scene, number, None))


def extra(dice: Dice, scene: Scene) -> np.ndarray | None:
    """A thing is there that nobody asked for."""
    size = 26
    x, y = (size // 2 + int(dice.rng.random() * (UNITS - size)) for _ in range(2))
    if any(abs(x - one.x) < (size + one.size) / 2 and abs(y - one.y) < (size + one.size) / 2 for one in scene.things):
        return None
    return render(replace(scene, things=(*scene.things, Placed(Icon(dice.pick(ALL_NOUNS)), x, y, size))))


def recoloured(dice: Dice, scene: Scene) -> np.ndarray | None:
    """One thing has its colours turned by a third of the circle."""
    number = _pick(dice, scene, only_icons=True)
    if number is None:
        return None
    pixels = render(scene)
    bare = render(with_thing(scene, number, None)).astype(int)
    top, left, size = box_of(scene.things[number], len(pixels))
    square = (slice(max(0, top), top + size), slice(max(0, left), left + size))
    is_thing = np.abs(pixels[square].astype(int) - bare[square]).sum(axis=2) > 24
    turned = pixels[square][..., [1, 2, 0]] if dice.chance(0.5) else pixels[square][..., [2, 0, 1]]
    if not is_thing.any() or np.abs(turned.astype(int) - pixels[square])[is_thing].mean() < 20:
        return None  # what is gray stays gray
    pixels[square][is_thing] = turned[is_thing]
    return pixels


def wrong_ground(dice: Dice, scene: Scene) -> np.ndarray | None:
    """All as it should be, but on another colour or at another place."""
    if not isinstance(scene.ground, str):
        return None
    choices = ALL_PLACES if is_place(scene.ground) else tuple(COLOURS)
    return render(replace(scene, ground=dice.pick([one for one in choices if one != scene.ground])))


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
    "moved": moved,
    "missing": missing,
    "extra": extra,
    "recoloured": recoloured,
    "wrong ground": wrong_ground,
    "blurred": blurred,
    "shrunk": shrunk,
}


def _pick(dice: Dice, scene: Scene, only_icons: bool = False) -> int | None:
    """A thing that stands out of its ground and is wholly in the picture."""
    numbers = [
        number
        for number, thing in enumerate(scene.things)
        if _is_whole(thing) and (isinstance(thing.what, Icon) or not only_icons) and _stands_out(scene, number)
    ]
    return dice.pick(numbers) if numbers else None


def _swapped(scene: Scene, number: int, what: object) -> np.ndarray:
    return render(with_thing(scene, number, replace(scene.things[number], what=what)))  # type: ignore[arg-type]


def _is_whole(thing: Placed) -> bool:
    half = thing.size / 2
    return half - 2 <= thing.x <= UNITS - half + 2 and half - 2 <= thing.y <= UNITS - half + 2


def _stands_out(scene: Scene, number: int) -> bool:
    """Whether a tenth of its square at least is seen of it."""
    changed = (render(scene) != render(with_thing(scene, number, None))).any(axis=2).sum()
    return bool(changed > 0.1 * scene.things[number].size ** 2)
