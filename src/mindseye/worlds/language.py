"""The small grammar of the world, in English and in Chinese: "a small cat", "一只小猫", "at the top left"."""

from __future__ import annotations

from collections.abc import Sequence

from .grammar import LANGUAGES, SEMICOLON, as_typed, check_language, fact, listing, with_article
from .nouns import KINDS, NOUNS

__all__ = ["LANGUAGES", "SEMICOLON", "as_typed", "check_language", "fact", "listing"]  # used with what stands here

PLACE_WORDS = {"top left": "左上", "top right": "右上", "bottom left": "左下", "bottom right": "右下", "middle": "中间"}
COLOUR_WORDS = {
    "white": "白色",
    "gray": "灰色",
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "green": "绿色",
    "blue": "蓝色",
    "purple": "紫色",
}
NUMBERS = {"en": ("no", "one", "two", "three", "four"), "zh": ("零", "一", "两", "三", "四")}
NOTHING = {"en": "nothing", "zh": "什么都没有"}
BACKGROUND = {"en": "background", "zh": "背景"}
_SIZES = {"big": "大", "small": "小"}


def bare(language: str, noun: str, size: str | None = None) -> str:
    """The noun without article: "cat", "small cat", "小猫"; `size` None leaves the size unsaid."""
    if language == "en":
        return f"{size} {noun}" if size else noun
    word = NOUNS[noun].zh
    if not size:
        return word
    return f"{_SIZES[size]}的{word}" if word.startswith("大") else _SIZES[size] + word


def the(language: str, noun: str) -> str:
    """ "the cat", "猫"."""
    return f"the {noun}" if language == "en" else NOUNS[noun].zh


def one(language: str, noun: str, size: str | None = None) -> str:
    """ "a cat", "an apple", "a small apple", "一只猫"."""
    words = bare(language, noun, size)
    if language == "zh":
        return f"一{NOUNS[noun].measure}{words}"
    return with_article(words)


def several(language: str, count: int, noun: str, size: str | None = None, digits: bool = False) -> str:
    """ "two cats", "2 small cats", "两只猫"; for one, "a cat" or with digits "1 cat"."""
    if count == 1 and not digits:
        return one(language, noun, size)
    number = str(count) if digits else NUMBERS[language][count]
    if language == "zh":
        return f"{number}{NOUNS[noun].measure}{bare(language, noun, size)}"
    words = bare(language, noun if count == 1 else NOUNS[noun].plural, size)
    return f"{number} {words}"


def plural(language: str, noun_or_kind: str) -> str:
    """ "cats", "animals", "猫", "动物"."""
    word = KINDS.get(noun_or_kind) or NOUNS[noun_or_kind]
    return word.plural if language == "en" else word.zh


def how_many(language: str, noun_or_kind: str) -> str:
    """ "how many cats", "几只猫"."""
    word = KINDS.get(noun_or_kind) or NOUNS[noun_or_kind]
    return f"how many {word.plural}" if language == "en" else f"几{word.measure}{word.zh}"


def place_words(language: str, place: str) -> str:
    """ "top left", "左上"."""
    return place if language == "en" else PLACE_WORDS[place]


def at(language: str, place: str) -> str:
    """ "at the top left", "in the middle", "左上"."""
    if language == "zh":
        return PLACE_WORDS[place]
    return "in the middle" if place == "middle" else f"at the {place}"


def colour(language: str, background: str) -> str:
    """ "blue", "蓝色"."""
    return background if language == "en" else COLOUR_WORDS[background]


def group(language: str, nouns: Sequence[str]) -> str:
    """All nouns with their numbers, in order of first mention: "two cats and a dog"."""
    return listing(language, [several(language, nouns.count(noun), noun) for noun in dict.fromkeys(nouns)])


def names(language: str, nouns: Sequence[str]) -> str:
    """The bare nouns of a thought: "cat, dog", "猫，狗", or "nothing"."""
    return (", " if language == "en" else "，").join(bare(language, noun) for noun in nouns) or NOTHING[language]
