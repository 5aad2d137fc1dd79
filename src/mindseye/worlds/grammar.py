"""What both languages need whatever the world is about: lists, marks and capitals, lines of a thought."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError, nearest
from .dice import Dice

LANGUAGES: tuple[str, ...] = ("en", "zh")
SEMICOLON = {"en": "; ", "zh": "；"}
FINAL = {"en": "Final Answer: ", "zh": "最终答案："}
"""What a final answer after pictures begins with."""
AT_ONCE = {"en": " Answer at once.", "zh": "直接回答。"}
"""Asks for an answer without pictures."""


def check_language(language: str) -> None:
    """Raise InputError unless `language` is "en" or "zh"."""
    if language not in LANGUAGES:
        raise InputError(f'unknown language "{language}"{nearest(language, LANGUAGES)}; known: en, zh')


def with_article(words: str) -> str:
    """ "a cat", "an apple", "an orange background"."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def listing(language: str, parts: Sequence[str]) -> str:
    """ "a, b and c", "a、b和c"."""
    comma, last = (", ", " and ") if language == "en" else ("、", "和")
    return last.join((comma.join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


def as_typed(dice: Dice, language: str, text: str, mark: str = ".") -> str:
    """The sentence as people type it: bare, or with a capital and `mark` ("." or "?") at its end."""
    if language == "zh":
        return text + {".": "。", "?": "？"}[mark] if dice.chance(0.5) else text
    if dice.chance(0.6):
        return text + mark if dice.chance(0.5) else text
    return text[0].upper() + text[1:] + mark


def fact(language: str, name: str, value: str) -> str:
    """One line of a thought: "cat: top left", "猫：左上"."""
    return f"{name}: {value}" if language == "en" else f"{name}：{value}"
