"""Ask for a picture: one thing, a pair, a number of things, or a layout.

What the words leave open is drawn always the same way, so that a model can learn it: a lone thing stands in
the middle, things are big, the background is white, left and right share the top row, above and below the
left column, and things without places fill the corners in reading order. The judge accepts all that fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .dice import Dice
from .episodes import Builder, Episode, EpisodeOptions, Say, Show
from .language import as_typed, at, colour, one, several
from .relations import OPPOSITE, RELATION_WORDS
from .sampling import ALL_BACKGROUNDS, ALL_NOUNS
from .scenes import CORNERS, Scene, Thing
from .wishes import Wanted, Wish

ORDERS = {"en": ("", "draw ", "please draw "), "zh": ("", "画", "请画")}
GROUNDS = {
    "en": (" on {a} background", ", {colour} background", " with {a} background"),
    "zh": ("，{colour}背景", "，背景是{colour}"),
}
_PAIR_PLACES = {
    "left": ("top left", "top right"),
    "right": ("top right", "top left"),
    "above": ("top left", "bottom left"),
    "below": ("bottom left", "top left"),
}


@dataclass(frozen=True)
class Request:
    """The words of a request, the scene that answers it as trained, and all that would answer it."""

    text: str
    scene: Scene
    wish: Wish


def request_one(dice: Dice, language: str) -> Request:
    """One thing, perhaps small, perhaps at a place."""
    size, noun = _said_size(dice), dice.pick(ALL_NOUNS)
    place = dice.pick(("middle", *CORNERS)) if dice.chance(0.4) else None
    phrase = one(language, noun, size)
    if place:
        phrase += (" " if language == "en" else "在") + at(language, place)
    thing = Thing(noun, place or "middle", size or "big")
    return _request(dice, language, phrase, (thing,), Wish((Wanted(noun, size, place),)))


def request_pair(dice: Dice, language: str) -> Request:
    """Two different things, mostly with their relation."""
    nouns, sizes = dice.some(ALL_NOUNS, 2), (_said_size(dice), _said_size(dice))
    relation = dice.pick(tuple(OPPOSITE)) if dice.chance(0.85) else None
    first, second = (one(language, noun, size) for noun, size in zip(nouns, sizes))
    if relation is None:
        phrase = f"{first} and {second}" if language == "en" else f"{first}和{second}"
    else:
        beside = dice.pick(RELATION_WORDS[language][relation])
        phrase = f"{first} {beside} {second}" if language == "en" else f"{first}在{second}的{beside}"
    places = _PAIR_PLACES[relation or "left"]
    things = tuple(Thing(noun, place, size or "big") for noun, place, size in zip(nouns, places, sizes))
    wish = Wish(tuple(map(Wanted, nouns, sizes)), relation=relation)
    return _request(dice, language, phrase, things, wish)


def request_count(dice: Dice, language: str) -> Request:
    """Two to four of one noun."""
    noun, size, count = dice.pick(ALL_NOUNS), _said_size(dice), dice.pick((2, 3, 4))
    phrase = several(language, count, noun, size, digits=dice.chance(0.4))
    things = tuple(Thing(noun, place, size or "big") for place in CORNERS[:count])
    return _request(dice, language, phrase, things, Wish((Wanted(noun, size),) * count))


def request_layout(dice: Dice, language: str) -> Request:
    """Two to four things, each with its place."""
    places = sorted(dice.some(CORNERS, dice.pick((2, 3, 4))), key=CORNERS.index)
    wanted = tuple(Wanted(dice.pick(ALL_NOUNS), _said_size(dice), place) for place in places)
    things = tuple(Thing(want.noun, str(want.place), want.size or "big") for want in wanted)
    return _request(dice, language, _layout_words(dice, language, wanted), things, Wish(wanted))


REQUESTS: dict[str, Callable[[Dice, str], Request]] = {
    "one": request_one,
    "pair": request_pair,
    "count": request_count,
    "layout": request_layout,
}


def _builder(family: str) -> Builder:
    def build(dice: Dice, language: str, options: EpisodeOptions) -> Episode:
        request = REQUESTS[family](dice, language)
        steps = (Say(request.text, then="image"), Show(request.scene, is_target=True))
        return Episode(f"draw.{family}", language, steps, {"scene": request.scene, "wish": request.wish})

    return build


BUILDERS: dict[str, Builder] = {f"draw.{family}": _builder(family) for family in REQUESTS}


def _said_size(dice: Dice) -> str | None:
    return dice.pick(("small", "small", "big")) if dice.chance(0.3) else None


def _layout_words(dice: Dice, language: str, wanted: tuple[Wanted, ...]) -> str:
    mixed = dice.some(wanted, len(wanted))
    if language == "en":
        phrases = [f"{one(language, want.noun, want.size)} {at(language, str(want.place))}" for want in mixed]
        if dice.chance(0.5):
            phrases[-2:] = [" and ".join(phrases[-2:])]
        return ", ".join(phrases)
    has = dice.pick(("", "有"))
    return "，".join(at(language, str(want.place)) + has + one(language, want.noun, want.size) for want in mixed)


def _request(dice: Dice, language: str, phrase: str, things: tuple[Thing, ...], wish: Wish) -> Request:
    ground = dice.pick(ALL_BACKGROUNDS) if dice.chance(0.5) else None
    order = dice.pick(ORDERS[language])
    if language == "zh" and "有" in phrase:
        order = ""
    if ground:
        word = colour(language, ground)
        a_word = f"{'an' if ground == 'orange' else 'a'} {word}"
        phrase += dice.pick(GROUNDS[language]).format(colour=word, a=a_word)
    text = as_typed(dice, language, order + phrase)
    return Request(text, Scene(things, ground or "white"), Wish(wish.things, ground, wish.relation))
