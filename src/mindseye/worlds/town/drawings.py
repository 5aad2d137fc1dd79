"""Ask for a picture: one thing, a pair, a number of things, a layout, things at a place.

What the words leave open is drawn always the same way, so that a model can learn it: a lone thing stands in the middle,
the ground is white, the style is noto, each number of things has its places, all of it tidy. The judge accepts all
that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..episodes import Episode, EpisodeOptions, Say, Show
from ..grammar import as_typed, listing
from . import language as grammar
from . import order_words as words
from .areas import AREAS, COLUMNS, TIDY, USUAL_SIZE, centre_of
from .drawables import Icon
from .layout import ALL_COLOURS, ALL_PLACES
from .lessons import Builder, lesson
from .nouns import ALL_NOUNS, FLYING
from .relations import OPPOSITE, RELATION_WORDS
from .scenes import Placed, Scene, stand
from .splits import key
from .stray import asked_for
from .styles import DRAWN_STYLES, TAUGHT_STYLES
from .voice import Voice, Wordings
from .wishes import Wanted, Wish

_GROUNDS: Wordings = {
    "en": (
        "{it} {ground}",
        "{it}, {ground}",
        "{it}; {ground}",
        "{it}. {ground}",
        "{it} - {ground}",
        "{it}: {ground}",
        "{it}, and it is {ground}",
        "{it}, this time {ground}",
        "{it}, seen {ground}",
        "{it}, put {ground}",
        "{ground} {it}",
        "{ground}: {it}",
        "{ground} there is {it}",
        "{ground} put {it}",
        "{it} all {ground}",
        "{it}, please {ground}",
        "{it} as seen {ground}",
        "{ground}; {it}",
        "{ground}. {it}",
        "{ground} - {it}",
        "{ground} I see {it}",
        "{ground} show {it}",
        "{ground} make {it}",
        "{ground} with {it}",
        "{it}, now {ground}",
        "{ground}, {it}",
        "{it} and all of it {ground}",
        "{it}, shown {ground}",
        "{ground} you see {it}",
    ),
    "zh": (
        "{it}，{ground}",
        "{ground}，{it}",
        "{it}。{ground}",
        "{it}；{ground}",
        "{ground}有{it}",
        "{ground}放{it}",
        "{ground}画{it}",
        "{ground}，有{it}",
        "{it}，要{ground}",
        "{it}、{ground}",
        "{it}{ground}",
        "{ground}；{it}",
        "{ground}。{it}",
        "{ground}{it}",
        "{it}，是{ground}",
        "{it}，就{ground}",
        "{it}，现在{ground}",
        "{ground}，请画{it}",
        "{ground}：{it}",
        "{it}，都{ground}",
    ),
}
_LOW, _MID, _HIGH = TIDY
_PAIR_SPOTS = {"left": ((_LOW, _MID), (_HIGH, _MID)), "above": ((_MID, _LOW), (_MID, _HIGH))}
_COUNT_SPOTS = {
    2: ((_LOW, _MID), (_HIGH, _MID)),
    3: ((_MID, _LOW), (_LOW, _HIGH), (_HIGH, _HIGH)),
    4: ((_LOW, _LOW), (_HIGH, _LOW), (_LOW, _HIGH), (_HIGH, _HIGH)),
    5: ((_LOW, _LOW), (_HIGH, _LOW), (_MID, _MID), (_LOW, _HIGH), (_HIGH, _HIGH)),
    6: ((_LOW, _LOW), (_HIGH, _LOW), (_LOW, _MID), (_HIGH, _MID), (_LOW, _HIGH), (_HIGH, _HIGH)),
}


@dataclass(frozen=True)
class Request:
    """The words of a request, the scene that answers it as trained, and all that would answer it."""

    text: str
    scene: Scene
    wish: Wish
    about: frozenset[str]


@dataclass(frozen=True)
class Draft:
    """What is to be drawn before anything is said about ground and style."""

    phrase: str
    wanted: tuple[Wanted, ...]
    spots: tuple[tuple[int, int], ...]
    relation: str | None = None
    about: frozenset[str] = frozenset()


def draft_one(voice: Voice) -> Draft:
    """One thing, perhaps in an area."""
    noun = voice.dice.pick(ALL_NOUNS)
    area = voice.dice.pick(AREAS) if voice.dice.chance(0.4) else None
    one = grammar.one(voice.language, noun)
    phrase = voice.pair(f"{one} ", f"{one}在") + grammar.at(voice.language, area) if area else one
    spot = centre_of(area or "middle")
    about = {key("area", noun, area)} if area else set()
    return Draft(phrase, (Wanted(Icon(noun), area),), (spot,), about=frozenset(about))


def draft_pair(voice: Voice) -> Draft:
    """Two different things, mostly with their relation."""
    nouns = voice.dice.some(ALL_NOUNS, 2)
    relation = voice.dice.pick(tuple(OPPOSITE)) if voice.dice.chance(0.85) else None
    first, second = (grammar.one(voice.language, noun) for noun in nouns)
    phrase = listing(voice.language, (first, second))
    if relation:
        beside = voice.dice.pick(RELATION_WORDS[voice.language][relation])
        phrase = voice.pair(f"{first} {beside} {second}", f"{first}在{second}的{beside}")
    is_turned = relation in ("right", "below")
    spots = _PAIR_SPOTS["above" if relation in ("above", "below") else "left"]
    wanted = tuple(Wanted(Icon(noun)) for noun in nouns)
    about = frozenset([key("relation", nouns[0], relation, nouns[1]) if relation else key("pair", *nouns)])
    return Draft(phrase, wanted, spots[::-1] if is_turned else spots, relation, about)


def draft_count(voice: Voice) -> Draft:
    """Two to six of one noun."""
    noun, count = voice.dice.pick(ALL_NOUNS), 2 + int(voice.dice.rng.random() * 5)
    phrase = grammar.several(voice.language, count, noun)
    wanted = (Wanted(Icon(noun)),) * count
    return Draft(phrase, wanted, _COUNT_SPOTS[count], about=frozenset([key("count", noun, count)]))


def draft_layout(voice: Voice) -> Draft:
    """Two to five things, each in an area of its own."""
    areas = voice.dice.some(AREAS, voice.dice.pick((2, 3, 4, 5)))
    wanted = tuple(Wanted(Icon(noun), area=area) for noun, area in zip(voice.dice.some(ALL_NOUNS, len(areas)), areas))
    about = frozenset(key("area", want.what.noun, want.area) for want in wanted)  # type: ignore[union-attr]
    spots = tuple(centre_of(area) for area in areas)
    return Draft(_with_areas(voice, wanted), wanted, spots, about=about)


def draft_place(voice: Voice) -> Draft:
    """One to three things that stand at a place, side by side."""
    nouns = voice.dice.some(ALL_NOUNS, voice.dice.pick((1, 2, 3)))
    columns = {1: ("middle",), 2: ("left", "right"), 3: COLUMNS}[len(nouns)]
    spots = tuple((centre_of(column)[0], place_row(noun)) for noun, column in zip(nouns, columns))
    phrase = listing(voice.language, [grammar.one(voice.language, noun) for noun in nouns])
    wanted = tuple(Wanted(Icon(noun)) for noun in nouns)
    return Draft(phrase, wanted, spots, about=frozenset())


DRAFTS: dict[str, Callable[[Voice], Draft]] = {
    "one": draft_one,
    "pair": draft_pair,
    "count": draft_count,
    "layout": draft_layout,
    "place": draft_place,
}


def request(voice: Voice, family: str) -> Request:
    """A request of that family, with a ground and a style that may be said or left open."""
    draft = DRAFTS[family](voice)
    choices = ALL_PLACES if family == "place" else ALL_COLOURS
    ground = voice.dice.pick(choices) if family == "place" or voice.dice.chance(0.5) else None
    style = voice.dice.pick(DRAWN_STYLES) if voice.dice.chance(0.4) else None
    phrase = draft.phrase
    if style:
        phrase = voice.pair(f"{phrase} {grammar.in_style('en', style)}", f"{grammar.in_style('zh', style)}的{phrase}")
    if ground:
        phrase = voice.word(_GROUNDS, it=phrase, ground=grammar.on_ground(voice.language, ground))
    text = as_typed(voice.dice, voice.language, asked_for(voice, words.DRAW, phrase))
    styled = tuple(replace(want, what=Icon(want.what.noun, style or "noto")) for want in draft.wanted)  # type: ignore[union-attr]
    scene = _drawn(styled, draft, ground or "white")
    wish = Wish(styled, (ground,) if ground else ALL_COLOURS, (style,) if style else TAUGHT_STYLES, draft.relation)
    nouns = [want.what.noun for want in styled]  # type: ignore[union-attr]
    about = set(draft.about) | {key("ground", noun, ground or "white") for noun in nouns}
    about |= {key("style", noun, style) for noun in nouns if style}
    about |= {key("pair", *nouns)} if len(set(nouns)) == 2 and len(nouns) == 2 else set()
    return Request(text, scene, wish, frozenset(about))


def place_row(noun: str) -> int:
    """The height at which a thing is drawn at a place: on the floor, or in the air if it flies."""
    return _LOW if noun in FLYING else _HIGH


def _drawn(wanted: Sequence[Wanted], draft: Draft, ground: str) -> Scene:
    placed = [Placed(want.what, *spot, USUAL_SIZE) for want, spot in zip(wanted, draft.spots, strict=True)]
    return stand(placed, ground)


def _with_areas(voice: Voice, wanted: Sequence[Wanted]) -> str:
    phrases = []
    for want in voice.dice.some(wanted, len(wanted)):
        one = grammar.one(voice.language, want.what.noun)  # type: ignore[union-attr]
        where = grammar.at(voice.language, str(want.area))
        phrases.append(voice.pair(f"{one} {where}", f"{where}{one}"))
    return listing("en", phrases) if voice.language == "en" else "，".join(phrases)


def _builder(family: str) -> Builder:
    def build(voice: Voice, options: EpisodeOptions) -> Episode:
        asked = request(voice, family)
        steps: list[Say | Show] = [Say(asked.text, then="image"), Show(asked.scene, is_target=True)]
        return lesson(voice, f"draw.{family}", steps, set(asked.about), scene=asked.scene, wish=asked.wish)

    return build


BUILDERS: dict[str, Builder] = {f"draw.{family}": _builder(family) for family in DRAFTS}
