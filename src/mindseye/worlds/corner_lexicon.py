"""What can be said in the corners: things, traits, and one sentence of every form that is trained."""

from __future__ import annotations

from . import actions, captions, drawings, edits, question_words
from .grammar import LANGUAGES
from .language import COLOUR_WORDS, NUMBERS, PLACE_WORDS
from .lexicon import Lexicon
from .nouns import KINDS, NOUNS

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
_REQUESTS = {language: [text for text, _ in captions.REQUESTS[language]] for language in LANGUAGES}
_ASKED = (
    _REQUESTS,
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
    return [form.format(**EXAMPLE[language]) for table in tables for form in table[language]]


def things() -> dict[str, list[tuple[str, str]]]:
    """The English and Chinese names of all things, by the plural of their kind; those of no kind last."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind in KINDS.values():
        found[kind.plural] = [(noun.name, noun.zh) for noun in NOUNS.values() if noun.kind == kind.name]
    return found


def traits(language: str) -> dict[str, list[str]]:
    """Sizes, places, colours and numbers."""
    side = LANGUAGES.index(language)
    pick = (lambda table: list(table.values())) if side else list
    return {
        "sizes": [["big", "small"], ["大", "小"]][side],
        "places": pick(PLACE_WORDS),
        "colours": pick(COLOUR_WORDS),
        "numbers": list(NUMBERS[language][1:]),
    }


LEXICON = Lexicon(
    "The pocket model knows this small world and nothing else: up to four big or small things in the corners of a "
    "picture, or one in the middle, on a plain background. Other models know other things.",
    things,
    traits,
    sentences,
)
