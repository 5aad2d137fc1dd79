"""Random scenes: tidy, or things anywhere that overlap a little or not at all; at a place they stand on the floor."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InputError
from ..dice import Dice
from .areas import TIDY, USUAL_SIZE
from .drawables import Drawable, Icon
from .grounds import COLOURS, HORIZON, PLACES, is_place
from .nouns import ALL_NOUNS, FLYING
from .scenes import UNITS, Placed, Scene, stand
from .splits import are_for_training, keys_of
from .styles import TAUGHT_STYLES, load_sheet
from .voice import Voice

ALL_COLOURS, ALL_PLACES = tuple(COLOURS), tuple(PLACES)
MAX_THINGS = 6
MOST_ANYWHERE = 4  # more than these stand tidily
CLOSEST = 0.44  # of the sum of two sizes: nearer centres would overlap more than a little
_EDGE = 2  # units that stay free at the border
_SIZES = {1: (32, 60), 2: (32, 56), 3: (30, 52), 4: (30, 44)}  # units; at 96 px smaller things cannot be told
_PLACE_SHARE, _REPEAT_SHARE, _CLEAR_SHARE = 0.3, 0.3, 0.6
_THIRDS = ((0, 38), (48, 80), (90, UNITS))
_MAX_TRIES = 400


class NoSceneError(InputError):
    """Nothing that was thrown fitted or was allowed; whoever makes up a request throws again."""


def any_ground(dice: Dice) -> str:
    """A plain colour or, less often, a place."""
    return dice.pick(ALL_PLACES if dice.chance(_PLACE_SHARE) else ALL_COLOURS)


def any_scene(
    voice: Voice,
    count: int | None = None,
    ground: str | None = None,
    nouns: Sequence[str] = ALL_NOUNS,
    style: str | None = None,
    tidy_share: float = 0.5,
) -> Scene:
    """A random scene of 1 to 4 things, or of exactly `count`; in training one that shows no held-out combination.

    Up to four stand tidily or anywhere, as `tidy_share` says; more always tidily.

    NoSceneError where many throws gave none, as with two nouns whose pair is held out.
    """
    dice = voice.dice
    number = dice.pick((1, 1, 2, 2, 3, 3, 4)) if count is None else count
    for _ in range(_MAX_TRIES):
        drawn_in = style or dice.pick(TAUGHT_STYLES)
        whats = [Icon(noun, drawn_in) for noun in _some_nouns(dice, number, nouns, drawn_in)]
        where = ground or any_ground(dice)
        scene = (
            tidy(dice, whats, where)
            if number > MOST_ANYWHERE or dice.chance(tidy_share)
            else scatter(dice, whats, where, dice.chance(_CLEAR_SHARE))
        )
        if scene and (voice.split != "train" or are_for_training(keys_of(scene))):
            return scene
    raise NoSceneError(f"found no {voice.split} scene of {count} things among {len(nouns)} nouns; allow more")


def scatter(dice: Dice, whats: Sequence[Drawable], ground: str, is_clear: bool = False) -> Scene | None:
    """The things at random places, or None when they did not fit; `is_clear`: each well inside one area."""
    placed: list[Placed] = []
    smallest, biggest = _SIZES[min(max(len(whats), 1), MOST_ANYWHERE)]
    for what in whats:
        for _ in range(12):
            size = smallest + 2 * int(dice.rng.random() * ((biggest - smallest) // 2 + 1))
            spot = _spot(dice, what, size, ground, is_clear)
            if spot and all(are_apart(spot, other) for other in placed):
                placed.append(spot)
                break
        else:
            return None
    return stand(placed, ground)


def tidy(dice: Dice, whats: Sequence[Drawable], ground: str) -> Scene | None:
    """The things in the middles of different areas, all of the usual size."""
    spots = [(x, y) for y in TIDY for x in TIDY]
    if is_place(ground):
        spots = [(x, TIDY[2]) for x in TIDY]
    if len(whats) > len(spots):
        return None
    chosen = dice.some(spots, len(whats))
    placed = [
        Placed(what, x, TIDY[0] if _flies(what, ground) else y, USUAL_SIZE) for what, (x, y) in zip(whats, chosen)
    ]
    return stand(placed, ground)


def are_apart(first: Placed, second: Placed) -> bool:
    """Whether the two overlap a little at most."""
    least = CLOSEST * (first.size + second.size)
    return abs(first.x - second.x) >= least or abs(first.y - second.y) >= least


def _spot(dice: Dice, what: Drawable, size: int, ground: str, is_clear: bool) -> Placed | None:
    low, high = size // 2 + _EDGE, UNITS - size // 2 - _EDGE
    if is_place(ground):
        floor = HORIZON[ground] + 10
        bottom = (
            size + _EDGE + int(dice.rng.random() * 16) if _flies(what, ground) else _between(dice, floor, UNITS - _EDGE)
        )
        x = _axis(dice, low, high, is_clear)
        return None if x is None else Placed(what, x, max(low, bottom - size // 2), size)
    x, y = _axis(dice, low, high, is_clear), _axis(dice, low, high, is_clear)
    return None if x is None or y is None else Placed(what, x, y, size)


def _axis(dice: Dice, low: int, high: int, is_clear: bool) -> int | None:
    if is_clear:
        first, last = dice.pick(_THIRDS)
        low, high = max(low, first), min(high, last)
    return _between(dice, low, high) if low <= high else None


def _flies(what: Drawable, ground: str) -> bool:
    return is_place(ground) and isinstance(what, Icon) and what.noun in FLYING


def _between(dice: Dice, low: int, high: int) -> int:
    return low + int(dice.rng.random() * (high - low + 1))


def _some_nouns(dice: Dice, count: int, nouns: Sequence[str], style: str) -> list[str]:
    known = [noun for noun in nouns if noun in load_sheet(style)]
    if count > 1 and (dice.chance(_REPEAT_SHARE) or len(known) < count):
        few = dice.some(known, 2)
        return [dice.pick(few) for _ in range(count)]
    return dice.some(known, count)
