"""What only experiments need: a table, a cloth, a slope, water, a candle, wind, a needle, bars and stones."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from .sketch import Colour, Sketch

_WOOD: Colour = (165, 112, 66)
_DARK_WOOD: Colour = (125, 82, 48)


def paint_prop(name: str) -> Image.Image:
    """The prop on a transparent sheet."""
    sketch = Sketch()
    PROPS[name](sketch)
    return sketch.image


def _table(sketch: Sketch) -> None:
    for x in (12, 88):
        sketch.box(x - 4, 44, x + 4, 98, _DARK_WOOD)
    sketch.box(2, 38, 98, 46, _WOOD, 2)


def _cloth(sketch: Sketch) -> None:
    red, light = (205, 60, 70), (250, 235, 235)
    sketch.polygon([(6, 36), (94, 36), (99, 68), (1, 68)], red)
    for left in range(8, 92, 14):
        sketch.polygon([(left, 44), (left + 7, 44), (left + 7, 62), (left, 62)], light)


def _shelf(sketch: Sketch) -> None:
    sketch.box(0, 40, 62, 48, _WOOD, 1)
    sketch.polygon([(8, 48), (16, 48), (8, 66)], _DARK_WOOD)
    sketch.polygon([(40, 48), (48, 48), (40, 66)], _DARK_WOOD)


def _slope(sketch: Sketch) -> None:
    sketch.polygon([(0, 30), (0, 96), (98, 96)], (150, 190, 110), (105, 145, 75), 1.5)


def _pool(sketch: Sketch) -> None:
    sketch.box(2, 30, 98, 98, (120, 130, 140), 4)
    sketch.box(6, 24, 94, 94, (110, 185, 235), 3)
    sketch.box(6, 24, 94, 29, (185, 225, 250), 2)


def _lit_candle(sketch: Sketch) -> None:
    _dark_candle(sketch)
    sketch.box(48.8, 28, 51.2, 40, (70, 60, 55))
    sketch.ellipse(50, 22, 9, 17, (255, 170, 40))
    sketch.ellipse(50, 26, 5, 9, (255, 240, 140))


def _dark_candle(sketch: Sketch) -> None:
    sketch.box(36, 38, 64, 92, (240, 236, 225), 2)
    sketch.box(48.8, 28, 51.2, 40, (70, 60, 55))
    sketch.box(24, 90, 76, 98, (175, 140, 60), 3)


def _smoke(sketch: Sketch) -> None:
    for x, y, size in ((50, 78, 8), (58, 58, 11), (46, 36, 14), (60, 16, 12)):
        sketch.ellipse(x, y, size, size, (185, 185, 190))


def _wind(sketch: Sketch) -> None:
    for y, end in ((30, 92), (50, 78), (70, 90)):
        sketch.line([(6, y), (end - 14, y), (end, y - 9)], (120, 165, 205), 5)


def _sun(sketch: Sketch) -> None:
    for start, end in (((50, 2), (50, 98)), ((2, 50), (98, 50)), ((16, 16), (84, 84)), ((84, 16), (16, 84))):
        sketch.line([start, end], (250, 190, 50), 6)
    sketch.ellipse(50, 50, 27, 27, (255, 215, 60))


def _needle(sketch: Sketch) -> None:
    sketch.line([(4, 50), (80, 50)], (120, 125, 135), 5)
    sketch.polygon([(4, 46), (4, 54), (0, 50)], (120, 125, 135))
    sketch.ellipse(86, 50, 11, 8, (120, 125, 135))
    sketch.ellipse(87, 50, 6, 3.5, (245, 245, 245))


def _tower(sketch: Sketch) -> None:
    for number, colour in enumerate(((230, 90, 80), (245, 190, 70), (95, 165, 230), (120, 190, 110))):
        sketch.box(38, 4 + number * 24, 62, 27 + number * 24, colour, 2)


def _heap(sketch: Sketch) -> None:
    blocks = ((8, (230, 90, 80)), (32, (120, 190, 110)), (56, (95, 165, 230)), (78, (245, 190, 70)))
    for left, colour in blocks:
        sketch.polygon([(left, 78), (left + 18, 74), (left + 21, 94), (left + 2, 98)], colour)


def _dominoes(sketch: Sketch) -> None:
    for x in range(8, 100, 16):
        sketch.box(x, 40, x + 7, 97, (50, 60, 90), 1)


def _fallen_dominoes(sketch: Sketch) -> None:
    for x in range(2, 72, 13):
        sketch.polygon([(x, 92), (x + 26, 76), (x + 29, 83), (x + 4, 98)], (50, 60, 90))
        sketch.line([(x + 1, 92), (x + 26, 76)], (215, 220, 235), 1.2)


def _rain(sketch: Sketch) -> None:
    for x, y, width in ((30, 26, 24), (58, 20, 28), (78, 28, 20)):
        sketch.ellipse(x, y, width, 16, (150, 160, 175))
    for x in range(14, 96, 16):
        sketch.line([(x, 52), (x - 5, 66)], (80, 140, 220), 4)
        sketch.line([(x + 4, 76), (x - 1, 90)], (80, 140, 220), 4)


def _bone(sketch: Sketch) -> None:
    bone = (215, 215, 220)
    sketch.line([(28, 50), (88, 50)], bone, 5)
    for x in (42, 56, 70):
        sketch.line([(x, 34), (x, 66)], bone, 4)
    sketch.polygon([(8, 50), (28, 36), (28, 64)], bone)
    sketch.polygon([(98, 36), (86, 50), (98, 64)], bone)


PROPS: dict[str, Callable[[Sketch], None]] = {
    "table": _table,
    "cloth": _cloth,
    "shelf": _shelf,
    "slope": _slope,
    "pool": _pool,
    "lit candle": _lit_candle,
    "dark candle": _dark_candle,
    "smoke": _smoke,
    "wind": _wind,
    "sun": _sun,
    "needle": _needle,
    "tower": _tower,
    "heap": _heap,
    "dominoes": _dominoes,
    "fallen dominoes": _fallen_dominoes,
    "rain": _rain,
    "bones": _bone,
}
