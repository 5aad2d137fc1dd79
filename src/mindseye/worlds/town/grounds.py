"""What stands behind all things: eight plain colours and eight places, with their words."""

from __future__ import annotations

from ...errors import InputError, nearest
from .sketch import Colour

COLOURS: dict[str, Colour] = {
    "white": (255, 255, 255),
    "gray": (140, 140, 140),
    "red": (226, 115, 115),
    "orange": (245, 176, 100),
    "yellow": (250, 238, 130),
    "green": (135, 200, 130),
    "blue": (125, 172, 232),
    "purple": (178, 138, 215),
}
COLOUR_WORDS: dict[str, str] = {
    "white": "白色",
    "gray": "灰色",
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "green": "绿色",
    "blue": "蓝色",
    "purple": "紫色",
}
PLACES: dict[str, tuple[str, str]] = {  # English words and Chinese words
    "beach": ("at the beach", "海滩"),
    "forest": ("in the forest", "森林"),
    "city": ("in the city", "城市"),
    "castle": ("at the castle", "城堡"),
    "kitchen": ("in the kitchen", "厨房"),
    "street": ("in the street", "街道"),
    "mountains": ("in the mountains", "雪山"),
    "bedroom": ("in the bedroom", "卧室"),
}
HORIZON: dict[str, int] = {
    "beach": 74,
    "forest": 70,
    "city": 84,
    "castle": 78,
    "kitchen": 80,
    "street": 78,
    "mountains": 76,
    "bedroom": 78,
}
"""Where the floor begins, in units of a picture (128 a side)."""


def is_place(ground: str) -> bool:
    """Whether the ground is a place and not a plain colour."""
    return ground in PLACES


def check_ground(ground: str) -> None:
    """InputError naming the nearest known word, unless `ground` is a colour or a place."""
    if ground not in COLOURS and ground not in PLACES:
        known = [*COLOURS, *PLACES]
        raise InputError(f'unknown ground "{ground}"{nearest(ground, known)}; known: {", ".join(known)}')


def colour_words(language: str, colour: str) -> str:
    """ "blue", "蓝色"."""
    return colour if language == "en" else COLOUR_WORDS[colour]


def place_words(language: str, place: str) -> str:
    """ "at the beach", "在海滩"."""
    return PLACES[place][0] if language == "en" else f"在{PLACES[place][1]}"


def bare_place(language: str, place: str) -> str:
    """ "beach", "海滩"."""
    return place if language == "en" else PLACES[place][1]
