"""What can be said in the town: things, traits, and a sentence of every sort."""

from __future__ import annotations

from collections.abc import Mapping

from ..lexicon import Lexicon
from .garments import GARMENT_COLOURS, GARMENT_WORDS, PATTERNS
from .grounds import COLOUR_WORDS, PLACES
from .language import AREA_WORDS, NUMBERS
from .nouns import KINDS, NOUNS
from .people import ACCESSORIES, HAIR, WHO
from .styles import DRAWN_STYLES, STYLES

_SENTENCES: dict[str, dict[str, tuple[str, ...]]] = {
    "ask": {
        "en": (
            "what is this",
            "describe the picture",
            "what is at the top left",
            "where is the cat",
            "how many cats are there",
            "what colour is the background",
            "which place is this",
            "is there a dog",
            "is the cat to the left of the dog",
            "what is to the left of the dog",
            "is the cat above or below the dog",
            "which is bigger, the cat or the dog",
            "in which style is it drawn",
            "what is in the way",
            "is the way clear",
            "what is on the left",
            "is the bus near or far",
            "is there a kerb",
            "describe the garment",
            "what does the woman wear",
            "what colour is the hair of the man",
            "what does the girl carry",
            "what colour is the hair of the boy",
            "is the vase whole",
            "has the ice cream melted",
        ),
        "zh": (
            "这是什么",
            "左上有什么",
            "猫在哪里",
            "有几只猫",
            "背景是什么颜色",
            "这是什么地方",
            "有狗吗",
            "猫在狗的左边吗",
            "狗的左边是什么",
            "猫和狗哪个大",
            "这是什么风格",
            "什么挡着路",
            "路通吗",
            "描述这件衣物",
            "女人穿着什么",
            "男孩的头发是什么颜色",
            "花瓶完好吗",
        ),
    },
    "draw": {
        "en": (
            "a cat",
            "a panda at the top right",
            "a cat to the left of a dog",
            "three frogs on a blue background",
            "a house at the top right, a tree at the bottom left",
            "a cow and a horse in the forest",
            "a crab at the beach, in twemoji style",
            "a woman with red hair in a blue striped dress",
        ),
        "zh": ("一只猫", "一只猫，左上", "一只猫在一只狗的左边", "三只青蛙，蓝色背景", "一只螃蟹，在海滩"),
    },
    "edit": {
        "en": (
            "remove the cat",
            "add a dog at the top left",
            "replace the cat with a dog",
            "put the cat at the top left",
            "make the background blue",
            "put all of it at the beach",
            "redraw it in twemoji style",
            "let her wear this",
            "now in the forest",
            "she waves",
        ),
        "zh": ("去掉猫", "在左上加一只狗", "把猫换成狗", "把猫移到左上", "把背景变成蓝色", "让她穿上这个"),
    },
    "imagine": {
        "en": (
            "pull the cloth away",
            "push the cup over the edge",
            "let the ball go",
            "the wind blows",
            "the sun shines for an hour",
            "push the needle into the balloon",
            "leave the cat alone with the fish",
            "it rains",
            "hold the magnet towards the key",
            "drop the key into the water",
            "strike the vase with the hammer",
            "step forward",
            "step to the left",
            "turn to the right",
            "come closer",
        ),
        "zh": ("把桌布抽走", "刮风了", "下雨了", "用针扎气球", "向前走一步", "向左转", "走近一点"),
    },
    "reason": {
        "en": ("Remove all fruit. Add a frog at the top. How many things are left?",),
        "zh": ("去掉所有水果。在上方加一只青蛙。还剩几个东西？",),
    },
}


def things() -> dict[str, list[tuple[str, str]]]:
    """The English and Chinese names of all things, by their kind; those of no kind last."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind in KINDS.values():
        found[kind.every] = [(noun.name, noun.zh) for noun in NOUNS.values() if noun.kind == kind.name]
    return found


def traits(language: str) -> dict[str, list[str]]:
    """Where things are, on what, in which style, and how people are."""
    side = int(language == "zh")
    garments = {"en": list(GARMENT_WORDS), "zh": [zh for zh, _ in GARMENT_WORDS.values()]}
    worn = {"en": list(GARMENT_COLOURS), "zh": [zh for _, zh in GARMENT_COLOURS.values()]}
    styles = {"en": list(DRAWN_STYLES), "zh": [STYLES[name].zh for name in DRAWN_STYLES]}
    return {
        "areas": [words[side] for words in AREA_WORDS.values()],
        "colours": _in(language, COLOUR_WORDS),
        "places": [words[side] for words in PLACES.values()],
        "numbers": list(NUMBERS[language][1:]),
        "styles": styles[language],
        "persons": _in(language, WHO),
        "hair": _in(language, HAIR),
        "garments": garments[language],
        "dyes": worn[language],
        "patterns": _in(language, PATTERNS),
        "carried": _in(language, ACCESSORIES),
    }


def sentences(verb: str, language: str) -> list[str]:
    """A sentence of every sort for `verb`."""
    return list(_SENTENCES[verb][language])


def _in(language: str, words: Mapping[str, str]) -> list[str]:
    return list(words.values() if language == "zh" else words)


LEXICON = Lexicon(
    "The pocket model knows this small town and nothing else: up to four things anywhere on a plain colour or at a "
    "place, people with their clothes, a street, and what follows from everyday actions. Other models know "
    "other things.",
    things,
    traits,
    sentences,
)
