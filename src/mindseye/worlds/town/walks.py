"""What a walker sees: things in lanes to the left, ahead and to the right, one to three steps away, and a kerb."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .drawables import Icon
from .scenes import UNITS, Placed, Scene
from .streets import Street, floor_at
from .voice import Voice

OBSTACLES: tuple[str, ...] = (
    *("car", "bus", "bicycle", "scooter", "truck", "ambulance", "tractor"),
    *("dog", "cat", "cow", "horse", "elephant"),
    *("guard", "baby", "builder", "robot", "snowman"),
    *("tree", "cactus", "chair", "couch", "ball", "gift", "pumpkin"),
)
_SIZES = {1: 76, 2: 48, 3: 32}  # units, by steps away
_SPREAD = {1: 60, 2: 43, 3: 27}  # units between lanes, by steps away
_TURN = 54  # units by which a turn shifts all that is seen
FARTHEST = 3  # steps; what is farther off is too small to be told
WIDEST = 2  # lanes to either side


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A noun in a lane (-2 to 2, 0 is ahead), `depth` steps away (1 to 3)."""

    noun: str
    lane: int
    depth: int


@dataclass(frozen=True, slots=True)
class View:
    """What is before the walker; `kerb` is steps to the kerb (0 for none), `turn` -1, 0 or 1 as in `Street`."""

    obstacles: tuple[Obstacle, ...]
    kerb: int = 0
    turn: int = 0
    style: str = "noto"

    def nearest(self, lane: int) -> Obstacle | None:
        """The first thing in a lane."""
        found = sorted((one for one in self.obstacles if one.lane == lane), key=lambda one: one.depth)
        return found[0] if found else None

    @property
    def is_clear(self) -> bool:
        """Whether two steps ahead are free."""
        first = self.nearest(0)
        return first is None or first.depth > 2


def column_of(view: View, one: Obstacle) -> int | None:
    """Where something stands across the picture, in units, or None where less than a fifth of it would be seen."""
    x = UNITS // 2 + one.lane * _SPREAD[one.depth] - view.turn * _TURN
    margin = 0.3 * _SIZES[one.depth]
    return x if -margin < x < UNITS + margin else None


def look_at(view: View) -> Scene:
    """The picture of the view, the nearest things in front."""
    things = []
    for one in sorted(view.obstacles, key=lambda one: (-one.depth, one.lane)):
        size, x = _SIZES[one.depth], column_of(view, one)
        bottom = round(floor_at(one.depth) * UNITS / 100)
        if x is not None:
            things.append(Placed(Icon(one.noun, view.style), x, bottom - size // 2, size))
    return Scene(tuple(things), Street(view.turn, view.kerb))


def step(view: View) -> View | None:
    """One step forward; None when something stands there."""
    first = view.nearest(0)
    if view.turn or (first and first.depth == 1):
        return None
    moved = tuple(replace(one, depth=one.depth - 1) for one in view.obstacles if one.depth > 1)
    return replace(view, obstacles=moved, kerb=max(0, view.kerb - 1))


def sidestep(view: View, way: str) -> View | None:
    """One lane to the left or right; None when something stands there."""
    shift = 1 if way == "left" else -1
    beside = view.nearest(-shift)
    if view.turn or (beside and beside.depth == 1):
        return None
    moved = (replace(one, lane=one.lane + shift) for one in view.obstacles)
    return replace(view, obstacles=tuple(one for one in moved if abs(one.lane) <= WIDEST))


def turn(view: View, way: str) -> View | None:
    """Look to the left or right, or back ahead."""
    turned = view.turn + (-1 if way == "left" else 1)
    return replace(view, turn=turned) if abs(turned) <= 1 else None


def any_view(voice: Voice, count: int | None = None) -> View:
    """A random view; things two lanes off are at least three steps away, or they could not be seen."""
    dice = voice.dice
    spots = [(lane, depth) for lane in range(-WIDEST, WIDEST + 1) for depth in range(1, FARTHEST + 1)]
    spots = [(lane, depth) for lane, depth in spots if abs(lane) < WIDEST or depth > 2]
    number = dice.pick((1, 2, 2, 3, 3, 4)) if count is None else count
    nouns = dice.some(OBSTACLES, number)
    ahead = [(0, depth) for depth in range(1, FARTHEST + 1)]
    chosen = [dice.pick(ahead)] if dice.chance(0.7) else []
    for lane, depth in dice.some(spots, len(spots)):
        if len(chosen) < number and (lane, depth) not in chosen and not _hides(chosen, lane, depth):
            chosen.append((lane, depth))
    obstacles = tuple(Obstacle(noun, *spot) for noun, spot in zip(nouns, chosen))
    return View(obstacles, dice.pick((0, 0, 1, 2, 3)))


def _hides(chosen: list[tuple[int, int]], lane: int, depth: int) -> bool:
    """Whether one thing would stand right behind another, where nobody could see it."""
    return any(lane == other and abs(depth - far) > 0 for other, far in chosen)
