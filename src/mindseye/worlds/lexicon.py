"""What can be said in this world: its things, its words, and one sentence of every form it is trained on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from . import actions, captions, drawings, edits, language, question_words, reasoning
from .nouns import KINDS, NOUNS
from .relations import RELATION_WORDS

WORD = re.compile(r"[a-z]+")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
VERBS = ("ask", "draw", "edit", "imagine", "reason")
EXAMPLE = {
    "en": {
        "the": "the cat",
        "one": "a dog",
        "at": "at the top left",
        "place": "the top left",
        "colour": "blue",
        "a": "a blue",
        "how_many": "how many cats",
        "first": "the cat",
        "second": "the dog",
        "relation": "to the left of",
        "way": "left",
        "to_way": "to the left",
        "kind": "fruit",
        "several": "two frogs",
    },
    "zh": {
        "the": "猫",
        "one": "一只狗",
        "at": "左上",
        "place": "左上",
        "colour": "蓝色",
        "a": "蓝色",
        "how_many": "几只猫",
        "first": "猫",
        "second": "狗",
        "relation": "左边",
        "way": "左",
        "to_way": "左",
        "kind": "水果",
        "several": "两只青蛙",
    },
}
DRAWN = {
    "en": (
        "a cat",
        "a small panda at the top right",
        "a cat to the left of a dog",
        "a bus above an apple",
        "three frogs",
        "a house at the top right, a tree at the bottom left",
    ),
    "zh": ("一只猫", "一只小猫在左上", "一只猫在一只狗的左边", "三只青蛙", "左上一只猫，右下一只狗"),
}
_GRAMMAR = (  # words that stand in the code of the grammar, not in a table
    "a an the and in at on how many no one two three four nothing is there middle draw please background answer final "
    "once all left right top bottom up down big small think then yes things 几 和"
)
_MODULES = (question_words, edits, actions, reasoning, captions, drawings, language)
_OTHERS = ("KINDS", "NOUNS", "LANGUAGES")  # in those modules, but no tables of texts
_ASKED = (
    captions.REQUESTS,
    question_words.WHAT_ALL,
    question_words.WHAT,
    question_words.WHERE,
    question_words.COUNT,
    question_words.COLOUR,
    question_words.IS_THERE,
    question_words.IS_COLOUR,
    question_words.IS_BESIDE,
    question_words.WHAT_BESIDE,
    question_words.LEFT_OR_RIGHT,
    question_words.ABOVE_OR_BELOW,
)
_CHANGED = (edits.REMOVE, edits.ADD, edits.ADD_AT, edits.REPLACE, edits.MOVE, edits.RECOLOUR)
_ACTED = (actions.PUSH, actions.CLOSER, actions.LOOK, actions.TAKE)
_PUZZLE = {
    "en": "Remove all fruit. Add two frogs. How many things are left?",
    "zh": "去掉所有水果。加两只青蛙。还剩几个东西？",
}


def sentences(verb: str, language: str) -> list[str]:
    """One sentence of every form that `verb` (ask, draw, edit, imagine, reason) is trained on."""
    if verb == "draw":
        grounds = [DRAWN[language][0] + ground.format(**EXAMPLE[language]) for ground in drawings.GROUNDS[language]]
        return [*DRAWN[language], *grounds]
    if verb == "reason":
        return [_PUZZLE[language]]
    tables = {"ask": _ASKED, "edit": _CHANGED, "imagine": _ACTED}[verb]
    return [form.format(**EXAMPLE[language]) for table in tables for form in _texts(table[language])]


def things() -> dict[str, list[tuple[str, str]]]:
    """The English and Chinese names of all things, by the plural of their kind; those of no kind last."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind in KINDS.values():
        found[kind.plural] = [(noun.name, noun.zh) for noun in NOUNS.values() if noun.kind == kind.name]
    return found


def unknown_words(text: str) -> list[str]:
    """English words and Chinese characters of a text that this world never says, in order and once each."""
    known, characters = known_words()
    words = [word for word in WORD.findall(text.lower()) if word not in known]
    return list(dict.fromkeys([*words, *(c for c in CHINESE.findall(text) if c not in characters)]))


def known_words() -> tuple[frozenset[str], frozenset[str]]:
    """Every English word and every Chinese character that this world says."""
    texts = [_GRAMMAR, *_texts(RELATION_WORDS)]
    texts += [text for noun in NOUNS.values() for text in (noun.name, noun.plural, noun.zh, noun.measure)]
    texts += [text for kind in KINDS.values() for text in (kind.plural, kind.every, kind.zh, kind.measure)]
    for module in _MODULES:
        tables = [value for name, value in vars(module).items() if name.isupper() and name not in _OTHERS]
        texts += [*_texts(tables)]
    said = " ".join(re.sub(r"\{\w+\}", " ", text) for text in texts).lower()
    return frozenset(WORD.findall(said)), frozenset(CHINESE.findall(said))


def _texts(value: Any) -> Iterator[str]:
    """All texts in a table of texts, its keys too, but not its marks of sentences."""
    if isinstance(value, str):
        if len(value) > 1 or CHINESE.match(value):
            yield value
    elif isinstance(value, dict):
        if not any(map(callable, value.values())):  # those are tables of builders
            yield from _texts([*(set(value) - set(language.LANGUAGES)), *value.values()])
    elif isinstance(value, Iterable):
        for part in value:
            yield from _texts(part)
