"""Clothes with a colour and a pattern: what they are called and how they are drawn, worn or alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw

from ...errors import InputError, nearest
from .sketch import FINE, UNITS, Colour, Point, Sketch

GARMENT_COLOURS: dict[str, tuple[Colour, str]] = {
    "red": ((214, 48, 49), "红色"),
    "orange": ((240, 140, 40), "橙色"),
    "yellow": ((244, 208, 63), "黄色"),
    "green": ((46, 160, 80), "绿色"),
    "blue": ((45, 110, 210), "蓝色"),
    "purple": ((140, 70, 180), "紫色"),
    "black": ((50, 50, 58), "黑色"),
}
ON_CHEST: dict[str, str] = {"star": "星星", "heart": "爱心", "moon": "月亮"}
"""Emblems: so many that where one is kept from training on some garment, none of the others is the rule."""
PATTERNS: dict[str, str] = {"plain": "纯色", "striped": "条纹", "dotted": "圆点", **ON_CHEST}
SHAPES: dict[str, tuple[Point, ...]] = {  # in the units of a standing person's sheet
    "shirt": ((38, 40), (62, 40), (76, 58), (69, 63), (63, 56), (63, 72), (37, 72), (37, 56), (31, 63), (24, 58)),
    "dress": ((40, 40), (60, 40), (66, 52), (61, 56), (72, 84), (28, 84), (39, 56), (34, 52)),
    "coat": ((37, 40), (63, 40), (78, 64), (71, 68), (65, 57), (68, 86), (32, 86), (35, 57), (29, 68), (22, 64)),
    "hat": ((36, 14), (40, 0), (60, 0), (64, 14), (74, 14), (74, 18), (26, 18), (26, 14)),
    "scarf": ((35, 36), (65, 36), (66, 47), (66, 70), (48, 70), (48, 47), (34, 46)),
}
EMBLEMS: dict[str, tuple[float, float, float]] = {
    "shirt": (26, 16, 10.5),
    "dress": (22, 19, 10),
    "coat": (28, 20, 11.5),
    "hat": (24, 8.5, 7.2),
    "scarf": (23, 22, 8.5),
}
"""Where an emblem sits on a garment: x, y from the left upper corner of its shape, and its radius."""
GARMENT_WORDS: dict[str, tuple[str, str]] = {  # Chinese word and measure word
    "shirt": ("衬衫", "件"),
    "dress": ("连衣裙", "条"),
    "coat": ("外套", "件"),
    "hat": ("帽子", "顶"),
    "scarf": ("围巾", "条"),
}
_LIGHT: Colour = (255, 250, 240)


@dataclass(frozen=True, slots=True)
class Garment:
    """A kind of clothing in a colour with a pattern."""

    kind: str
    colour: str
    pattern: str = "plain"

    def __post_init__(self) -> None:
        for what, word, known in (
            ("garment", self.kind, SHAPES),
            ("colour", self.colour, GARMENT_COLOURS),
            ("pattern", self.pattern, PATTERNS),
        ):
            if word not in known:
                raise InputError(f'unknown {what} "{word}"{nearest(word, known)}; known: {", ".join(known)}')


def garment_words(language: str, garment: Garment) -> str:
    """ "red striped dress", "红色条纹连衣裙", "blue shirt with a star", "带星星的蓝色衬衫"."""
    is_emblem = garment.pattern in ON_CHEST
    if language == "zh":
        colour, pattern = GARMENT_COLOURS[garment.colour][1], PATTERNS[garment.pattern]
        noun = GARMENT_WORDS[garment.kind][0]
        if is_emblem:
            return f"带{pattern}的{colour}{noun}"
        return f"{colour}{pattern}{noun}"
    words = f"{garment.colour} {'' if is_emblem else garment.pattern + ' '}{garment.kind}"
    return f"{words} with a {garment.pattern}" if is_emblem else words


def one_garment(language: str, garment: Garment) -> str:
    """ "a red striped dress", "一条红色条纹连衣裙"."""
    words = garment_words(language, garment)
    if language == "zh":
        return f"一{GARMENT_WORDS[garment.kind][1]}{words}"
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def draw_garment(sketch: Sketch, garment: Garment, shape: tuple[Point, ...]) -> None:
    """Cloth of that shape on the sheet."""
    colour = GARMENT_COLOURS[garment.colour][0]
    side = UNITS * FINE
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).polygon([(x * FINE, y * FINE) for x, y in shape], 255)
    cloth = Sketch(colour)
    edge = (round(colour[0] * 0.7), round(colour[1] * 0.7), round(colour[2] * 0.7))
    if garment.kind == "coat":
        cloth.line([(50, 0), (50, 100)], edge, 1.6)
    _pattern(cloth, garment, shape)
    sketch.image.paste(cloth.image, (0, 0), ImageChops.multiply(mask, cloth.image.getchannel("A")))
    ImageDraw.Draw(sketch.image).line([(x * FINE, y * FINE) for x, y in (*shape, shape[0])], edge, FINE)


def paint_garment(garment: Garment) -> Image.Image:
    """The garment alone, filling its square."""
    shape = SHAPES[garment.kind]
    (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*shape))
    scale = 88 / max(right - left, bottom - top)
    spread = tuple((50 + (x - (left + right) / 2) * scale, 50 + (y - (top + bottom) / 2) * scale) for x, y in shape)
    sketch = Sketch()
    draw_garment(sketch, garment, spread)
    return sketch.image


def _pattern(cloth: Sketch, garment: Garment, shape: tuple[Point, ...]) -> None:
    """Coarse enough to be told in a small picture of somebody far off."""
    (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*shape))
    scale = (bottom - top) / _height_of(garment.kind)
    unit = 8 * scale
    if garment.pattern == "striped":
        for number in range(int((bottom - top) / unit) + 1):
            start = top + unit * (number + 0.4)
            cloth.box(left, start, right, start + unit * 0.45, _LIGHT)
    elif garment.pattern == "dotted":
        for row in range(int((bottom - top) / unit) + 2):
            for column in range(int((right - left) / unit) + 2):
                shift = unit / 2 if row % 2 else 0
                x, y = left + (column + 0.25) * unit + shift, top + (row + 0.5) * unit
                cloth.ellipse(x, y, unit * 0.28, unit * 0.28, _LIGHT)
    elif garment.pattern in ON_CHEST:
        x, y, radius = EMBLEMS[garment.kind]
        _emblem(cloth, garment, (left + x * scale, top + y * scale), radius * scale)


def _height_of(kind: str) -> float:
    heights = [y for _, y in SHAPES[kind]]
    return max(heights) - min(heights)


def _emblem(cloth: Sketch, garment: Garment, centre: Point, radius: float) -> None:
    x, y = centre
    if garment.pattern == "star":
        turns = [(math.pi * (0.2 * n - 0.5), radius * (1.15 if n % 2 == 0 else 0.5)) for n in range(10)]
        cloth.polygon([(x + math.cos(a) * r, y + math.sin(a) * r) for a, r in turns], _LIGHT)
    elif garment.pattern == "moon":
        cloth.ellipse(x, y, radius, radius, _LIGHT)
        cloth.ellipse(
            x + radius * 0.55, y - radius * 0.2, radius * 0.8, radius * 0.8, GARMENT_COLOURS[garment.colour][0]
        )
    else:
        for side in (-1, 1):
            cloth.ellipse(x + side * radius * 0.45, y - radius * 0.25, radius * 0.52, radius * 0.52, _LIGHT)
        wide = radius * 0.93
        cloth.polygon([(x - wide, y - radius * 0.05), (x + wide, y - radius * 0.05), (x, y + radius)], _LIGHT)
