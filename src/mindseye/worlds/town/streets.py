"""The street as a walker sees it, drawn around its vanishing point."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from .sketch import Colour, Sketch

HORIZON = 44.0  # hundredths of the picture's height
FLOOR = (HORIZON, 50.0, 59.0, 72.0, 96.0)
"""Heights at which things stand, from four steps away (behind the horizon's edge) to one: index 4 is the nearest."""


@dataclass(frozen=True, slots=True)
class Street:
    """A street; `turn` (-1, 0, 1) looks to the left, ahead or to the right, `kerb` is steps to a kerb, 0 for none."""

    turn: int = 0
    kerb: int = 0


def floor_at(depth: int) -> float:
    """Where something `depth` steps away (1 to 4) touches the ground, in hundredths."""
    return FLOOR[5 - depth]


def paint_street(street: Street) -> Image.Image:
    """An opaque RGBA picture of the empty street."""
    sketch = Sketch((186, 222, 246))
    middle = 50.0 - 42 * street.turn
    _houses(sketch, middle)
    sketch.box(-60, HORIZON, 160, 100, (195, 192, 186))
    sketch.polygon([(middle, HORIZON), (middle - 105, 100), (middle + 105, 100)], (140, 143, 150))
    for near, far in ((100, 84), (76, 66), (61, 55), (52, 49)):
        nearer, farther = ((depth - HORIZON) * 0.035 for depth in (near, far))
        corners = [(-nearer, near), (nearer, near), (farther, far), (-farther, far)]
        sketch.polygon([(middle + x, y) for x, y in corners], (240, 240, 235))
    if street.kerb:
        height = floor_at(street.kerb)
        thick = 1.5 + (height - HORIZON) * 0.09
        sketch.box(0, height - thick, 100, height + thick * 0.4, (235, 195, 60))
        sketch.box(0, height + thick * 0.4, 100, height + thick, (110, 90, 60))
    return sketch.image


def _houses(sketch: Sketch, middle: float) -> None:
    tones: tuple[Colour, ...] = ((220, 160, 130), (235, 210, 160), (175, 195, 205), (205, 175, 190))
    for number, (inner, outer, top) in enumerate(((14, 30, 30), (30, 52, 20), (52, 84, 6), (84, 150, -10))):
        for side in (-1, 1):
            tone = tones[(number + (side > 0) * 2) % 4]
            near, far = middle + side * outer, middle + side * inner
            sketch.polygon([(far, HORIZON), (near, HORIZON + 6), (near, top), (far, top + (HORIZON - top) * 0.3)], tone)
