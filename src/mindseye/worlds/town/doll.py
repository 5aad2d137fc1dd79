"""How a person is drawn, on a sheet of a hundred by a hundred units."""

from __future__ import annotations

from PIL import Image

from .garments import SHAPES, Garment, draw_garment
from .people import Person
from .sketch import Colour, Sketch

SKIN: Colour = (245, 200, 150)
_SHADE: Colour = (205, 150, 105)
_DARK: Colour = (60, 45, 40)
_TROUSERS: Colour = (95, 105, 125)
_UNDER: Colour = (215, 215, 210)  # what is worn below a hat or a scarf
_HAIR: dict[str, Colour] = {
    "black": (45, 38, 36),
    "brown": (125, 78, 45),
    "blond": (240, 205, 95),
    "red": (200, 85, 35),
    "gray": (190, 190, 195),
}
_CHILDREN = ("girl", "boy")
_CHILD = 0.81  # of a grown person's size, about what distance makes of one (`FAR`): their clothes are drawn alike


def paint_person(person: Person) -> Image.Image:
    """The person, feet at the lower edge; children are smaller, and in shorts: size alone could be distance."""
    sketch = Sketch()
    if person.accessory == "umbrella":
        _umbrella(sketch)
    _hair_behind(sketch, person)
    _legs(sketch, person.who in _CHILDREN)
    _arms(sketch, person)
    _clothes(sketch, person.garment)
    _arms(sketch, person, only_hands=True)
    sketch.ellipse(50, 26, 13.5, 14, SKIN)
    _hair_in_front(sketch, person)
    _face(sketch, person)
    if person.garment.kind in ("hat", "scarf"):
        draw_garment(sketch, person.garment, SHAPES[person.garment.kind])
    _carry(sketch, person)
    if person.who not in _CHILDREN:
        return sketch.image
    side = sketch.image.width
    small = sketch.image.resize((round(side * _CHILD),) * 2, Image.Resampling.LANCZOS)
    grown = Image.new("RGBA", (side, side))
    grown.paste(small, ((side - small.width) // 2, side - small.height))
    return grown


def _legs(sketch: Sketch, in_shorts: bool) -> None:
    for x in (44, 56):
        sketch.box(x - 4.5, 70, x + 4.5, 96, SKIN if in_shorts else _TROUSERS)
        if in_shorts:
            sketch.box(x - 5.5, 70, x + 5.5, 82, _TROUSERS)
        sketch.box(x - 6, 94, x + 6, 99, _DARK, 2)


def _clothes(sketch: Sketch, garment: Garment) -> None:
    if garment.kind in ("hat", "scarf"):
        sketch.polygon(SHAPES["shirt"], _UNDER, (170, 170, 165))
    else:
        draw_garment(sketch, garment, SHAPES[garment.kind])


def _arms(sketch: Sketch, person: Person, only_hands: bool = False) -> None:
    right = {"standing": (77, 66), "reaching": (95, 46), "waving": (84, 22)}[person.gesture]
    for shoulder, hand in (((35, 46), (23, 66)), ((65, 46), right)):
        if only_hands:
            sketch.ellipse(*hand, 4, 4, SKIN)
        else:
            sketch.line([shoulder, hand], SKIN, 6.5)
    if only_hands and person.gesture != "standing" and person.garment.kind not in ("hat", "scarf"):
        sketch.line([(68, 46), right], SKIN, 6.5)


def _hair_behind(sketch: Sketch, person: Person) -> None:
    colour = _HAIR[person.hair]
    if person.who == "woman":
        sketch.box(33, 18, 67, 50, colour, 12)
    elif person.who == "girl":
        for x in (31, 69):
            sketch.ellipse(x, 32, 6.5, 11, colour)
    elif person.who == "grandmother":
        sketch.ellipse(50, 8, 8, 7, colour)


def _hair_in_front(sketch: Sketch, person: Person) -> None:
    colour = _HAIR[person.hair]
    if person.who == "grandfather":
        sketch.polygon([(37, 30), (63, 30), (60, 42), (50, 47), (40, 42)], colour)
        for x in (37, 63):
            sketch.ellipse(x, 25, 3, 7, colour)
        return
    sketch.polygon([(36, 27), (36, 18), (42, 12), (50, 10), (58, 12), (64, 18), (64, 27), (60, 19), (40, 19)], colour)


def _face(sketch: Sketch, person: Person) -> None:
    for side in (-1, 1):
        sketch.ellipse(50 + side * 5.5, 26, 1.8, 1.8, _DARK)
    sketch.line([(46, 34), (54, 34)], _DARK, 1.8)
    if person.accessory == "glasses":
        for side in (-1, 1):
            sketch.arc(50 + side * 5.8, 26, 5, 4.6, (0, 360), (30, 30, 120))
        sketch.line([(48.5, 26), (51.5, 26)], (30, 30, 120), 1.6)


def _carry(sketch: Sketch, person: Person) -> None:
    if person.accessory == "bag":
        sketch.arc(20, 68, 6, 7, (180, 360), (110, 60, 30))
        sketch.box(10, 68, 30, 83, (165, 95, 45), 3)
    elif person.accessory == "flower":
        sketch.line([(22, 68), (15, 46)], (40, 140, 60), 2)
        for x, y in ((15, 39), (10, 43), (20, 43), (12, 48), (18, 48)):
            sketch.ellipse(x, y, 4, 4, (235, 90, 150))
        sketch.ellipse(15, 44, 3, 3, (250, 215, 70))


def _umbrella(sketch: Sketch) -> None:
    sketch.line([(22, 66), (22, 8)], _DARK, 2)
    sketch.polygon([(2, 24), (6, 11), (22, 2), (38, 11), (42, 24), (32, 20), (22, 24), (12, 20)], (60, 90, 200), _DARK)
