"""How the places are drawn, on a sheet of a hundred by a hundred units: calm and flat, so that things stand out."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from .sketch import Colour, Sketch

_SKY: Colour = (176, 218, 245)
_GRASS: Colour = (150, 205, 120)


def paint_place(place: str) -> Image.Image:
    """An opaque RGBA picture of the place."""
    sketch = Sketch(_SKY)
    _PAINTERS[place](sketch)
    return sketch.image


def _beach(sketch: Sketch) -> None:
    sketch.ellipse(84, 14, 8, 8, (255, 225, 110))
    sketch.box(0, 38, 100, 60, (70, 150, 210))
    sketch.box(0, 55, 100, 58, (225, 240, 250))
    sketch.box(0, 58, 100, 100, (240, 215, 160))


def _forest(sketch: Sketch) -> None:
    sketch.box(0, 54, 100, 100, _GRASS)
    for x, height in ((6, 50), (22, 42), (40, 52), (58, 44), (76, 52), (94, 44)):
        sketch.box(x - 2, 40, x + 2, 58, (120, 85, 55))
        sketch.polygon([(x - 11, 50), (x + 11, 50), (x, 50 - height)], (50, 120, 75))


def _city(sketch: Sketch) -> None:
    tones = ((150, 160, 180), (125, 140, 165), (170, 175, 190))
    for number, (left, top) in enumerate(((0, 30), (17, 12), (34, 36), (50, 8), (67, 26), (84, 16))):
        sketch.box(left, top, left + 17, 66, tones[number % 3])
        for row in range(top + 5, 60, 10):
            for column in (left + 3, left + 10):
                sketch.box(column, row, column + 4, row + 5, (245, 230, 150))
    sketch.box(0, 65, 100, 100, (185, 185, 180))


def _castle(sketch: Sketch) -> None:
    stone, dark = (185, 180, 175), (120, 110, 115)
    sketch.box(20, 24, 80, 62, stone)
    for x in (20, 80):
        sketch.box(x - 9, 14, x + 9, 62, stone)
        sketch.polygon([(x - 11, 14), (x + 11, 14), (x, 0)], (190, 75, 80))
    for x in range(31, 70, 10):
        sketch.box(x, 19, x + 5, 25, stone)
    sketch.box(43, 42, 57, 62, dark, 6)
    sketch.box(0, 61, 100, 100, _GRASS)


def _kitchen(sketch: Sketch) -> None:
    sketch.box(0, 0, 100, 64, (250, 238, 210))
    for left in (3, 69):
        sketch.box(left, 5, left + 28, 27, (175, 205, 190), 2)
    sketch.box(36, 8, 64, 32, (190, 225, 245), 1)
    sketch.box(49, 8, 51, 32, (255, 255, 255))
    sketch.box(0, 42, 100, 46, (150, 110, 80))
    sketch.box(0, 46, 100, 64, (205, 170, 130))
    sketch.box(0, 63, 100, 100, (225, 225, 230))


def _street(sketch: Sketch) -> None:
    for left, top, tone in ((0, 20, (215, 150, 120)), (27, 10, (230, 205, 150)), (60, 24, (170, 190, 200))):
        sketch.box(left, top, left + 40, 60, tone)
        for column in (left + 6, left + 17):
            sketch.box(column, top + 8, column + 6, top + 18, (245, 250, 255))
    sketch.box(0, 57, 100, 68, (200, 200, 200))
    sketch.box(0, 67, 100, 100, (115, 118, 125))
    for left in (5, 40, 75):
        sketch.box(left, 82, left + 20, 85, (245, 245, 240))


def _mountains(sketch: Sketch) -> None:
    for x, top, reach in ((24, 14, 34), (72, 6, 42)):
        sketch.polygon([(x - reach, 62), (x + reach, 62), (x, top)], (120, 130, 155))
        third = (62 - top) / 3
        sketch.polygon([(x - reach / 3, top + third), (x + reach / 3, top + third), (x, top)], (250, 252, 255))
    sketch.box(0, 59, 100, 100, (238, 243, 250))


def _bedroom(sketch: Sketch) -> None:
    sketch.box(0, 0, 100, 62, (215, 205, 235))
    sketch.box(12, 8, 40, 36, (255, 255, 255), 1)
    sketch.box(14, 10, 38, 34, (60, 75, 130))
    sketch.ellipse(30, 17, 4, 4, (250, 240, 180))
    sketch.box(64, 10, 88, 30, (240, 190, 150), 2)
    sketch.box(0, 61, 100, 100, (195, 155, 115))


_PAINTERS: dict[str, Callable[[Sketch], None]] = {
    "beach": _beach,
    "forest": _forest,
    "city": _city,
    "castle": _castle,
    "kitchen": _kitchen,
    "street": _street,
    "mountains": _mountains,
    "bedroom": _bedroom,
}
