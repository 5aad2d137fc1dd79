"""The grammar of the town, in English and in Chinese: "a cat", "一只猫", "at the top left", "in noto style"."""

from __future__ import annotations

from collections.abc import Sequence

from ..grammar import listing, with_article
from .grounds import PLACES, colour_words, is_place, place_words
from .nouns import KINDS, NOUNS
from .styles import STYLES

AREA_WORDS: dict[str, tuple[str, str]] = {
    "top left": ("at the top left", "左上"),
    "top": ("at the top", "上方"),
    "top right": ("at the top right", "右上"),
    "left": ("on the left", "左边"),
    "middle": ("in the middle", "中间"),
    "right": ("on the right", "右边"),
    "bottom left": ("at the bottom left", "左下"),
    "bottom": ("at the bottom", "下方"),
    "bottom right": ("at the bottom right", "右下"),
}
NUMBERS = {"en": ("no", "one", "two", "three", "four", "five", "six"), "zh": ("零", "一", "两", "三", "四", "五", "六")}
NOTHING = {"en": "nothing", "zh": "什么都没有"}


def bare(language: str, noun: str) -> str:
    """The noun without article: "cat", "猫"."""
    return noun if language == "en" else NOUNS[noun].zh


def the(language: str, noun: str) -> str:
    """ "the cat", "猫"."""
    return f"the {noun}" if language == "en" else NOUNS[noun].zh


def one(language: str, noun: str) -> str:
    """ "a cat", "an apple", "一只猫"."""
    words = bare(language, noun)
    return f"一{NOUNS[noun].measure}{words}" if language == "zh" else with_article(words)


def several(language: str, count: int, noun: str) -> str:
    """ "two cats", "两只猫"; for one, "a cat"."""
    if count == 1:
        return one(language, noun)
    number = NUMBERS[language][count]
    if language == "zh":
        return f"{number}{NOUNS[noun].measure}{bare(language, noun)}"
    return f"{number} {NOUNS[noun].plural}"


def how_many(language: str, noun_or_kind: str) -> str:
    """ "how many cats", "几只猫"."""
    word = KINDS.get(noun_or_kind) or NOUNS[noun_or_kind]
    return f"how many {word.plural}" if language == "en" else f"几{word.measure}{word.zh}"


def at(language: str, area: str) -> str:
    """ "at the top left", "左上"."""
    return AREA_WORDS[area][language == "zh"]


def group(language: str, nouns: Sequence[str]) -> str:
    """All nouns with their numbers, in order of first mention: "two cats and a dog"."""
    return listing(language, [several(language, nouns.count(noun), noun) for noun in dict.fromkeys(nouns)])


def names(language: str, nouns: Sequence[str]) -> str:
    """The bare nouns of a thought: "cat, dog", "猫，狗", or "nothing"."""
    return (", " if language == "en" else "，").join(bare(language, noun) for noun in nouns) or NOTHING[language]


def on_ground(language: str, ground: str) -> str:
    """ "on a blue background", "at the beach", "蓝色背景", "在海滩"."""
    if is_place(ground):
        return place_words(language, ground)
    colour = colour_words(language, ground)
    return f"on {with_article(colour)} background" if language == "en" else f"{colour}背景"


def ground_word(language: str, ground: str) -> str:
    """ "blue", "beach", "蓝色", "海滩"."""
    if is_place(ground):
        return ground if language == "en" else PLACES[ground][1]
    return colour_words(language, ground)


def in_style(language: str, style: str) -> str:
    """ "in noto style", "圆润风格"."""
    return f"in {style} style" if language == "en" else f"{STYLES[style].zh}风格"
