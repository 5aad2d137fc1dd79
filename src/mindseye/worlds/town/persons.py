"""Random people, where they stand in a picture, and how they are described."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..grammar import listing, with_article
from . import language as grammar
from .garments import (
    GARMENT_COLOURS,
    PATTERNS,
    SHAPES,
    Garment,
    one_garment,
)
from .layout import ALL_COLOURS, ALL_PLACES
from .people import ACCESSORIES, GESTURES, HAIR, OLD, WHO, Person
from .scenes import Placed, Scene
from .voice import Voice

NEAR, FAR = 104, 84  # units: how tall somebody is, close by and at a distance
USUAL_HAIR = {
    "woman": "brown",
    "man": "black",
    "girl": "blond",
    "boy": "blond",
    "grandmother": "gray",
    "grandfather": "gray",
}
USUAL_CLOTHES = Garment("shirt", "blue")
_WITH_DRESS = ("woman", "girl", "grandmother")
_CARRIED = {
    "glasses": ("glasses", "眼镜"),
    "bag": ("a bag", "一个包"),
    "flower": ("a flower", "一朵花"),
    "umbrella": ("an umbrella", "一把雨伞"),
}


@dataclass(frozen=True)
class Portrait:
    """Somebody at a ground, near or far."""

    person: Person
    ground: str = "white"
    size: int = NEAR

    @property
    def scene(self) -> Scene:
        """The picture: in the middle, feet near the lower edge."""
        return Scene((Placed(self.person, 64, 124 - self.size // 2, self.size),), self.ground)

    def with_person(self, **changes: object) -> Portrait:
        """The same portrait of the same person, changed in some respect."""
        return replace(self, person=replace(self.person, **changes))  # type: ignore[arg-type]


def any_garment(voice: Voice, who: str | None = None) -> Garment:
    """Clothes; dresses only for those who would wear them here."""
    kinds = [kind for kind in SHAPES if kind != "dress" or who is None or who in _WITH_DRESS]
    return Garment(voice.dice.pick(kinds), voice.dice.pick(tuple(GARMENT_COLOURS)), voice.dice.pick(tuple(PATTERNS)))


def any_wearer(voice: Voice, garment: Garment) -> str:
    """Somebody whom the garment suits."""
    return voice.dice.pick(_WITH_DRESS if garment.kind == "dress" else tuple(WHO))


def any_person(voice: Voice) -> Person:
    """Somebody with hair and clothes, often with something carried."""
    dice, who = voice.dice, voice.dice.pick(tuple(WHO))
    hair = "gray" if who in OLD else dice.pick([colour for colour in HAIR if colour != "gray"])
    accessory = dice.pick(tuple(ACCESSORIES)) if dice.chance(0.5) else None
    gesture = dice.pick(tuple(GESTURES)) if dice.chance(0.3) else "standing"
    return Person(who, hair, any_garment(voice, who), accessory, gesture)


def any_ground_for_people(voice: Voice) -> str:
    """Mostly a place."""
    return voice.dice.pick(ALL_PLACES if voice.dice.chance(0.75) else ALL_COLOURS)


def any_portrait(voice: Voice) -> Portrait:
    """Somebody somewhere, mostly near."""
    return Portrait(any_person(voice), any_ground_for_people(voice), FAR if voice.dice.chance(0.2) else NEAR)


def one_person(language: str, who: str) -> str:
    """ "a woman", "一个女人"."""
    return with_article(who) if language == "en" else f"一个{WHO[who]}"


def the_person(language: str, who: str) -> str:
    """ "the woman", "女人"."""
    return f"the {who}" if language == "en" else WHO[who]


def description(language: str, portrait: Portrait) -> str:
    """All that makes somebody: "a girl with red hair, a blue plain coat and a bag at the beach"."""
    person = portrait.person
    if language == "zh":
        parts = [f"{HAIR[person.hair]}色头发", f"穿{one_garment('zh', person.garment)}"]
        parts += [f"带{_CARRIED[person.accessory][1]}"] if person.accessory else []
        return f"{one_person('zh', person.who)}，{'，'.join(parts)}，{grammar.on_ground('zh', portrait.ground)}"
    parts = [f"{person.hair} hair", one_garment("en", person.garment)]
    parts += [_CARRIED[person.accessory][0]] if person.accessory else []
    return f"{one_person('en', person.who)} with {listing('en', parts)} {grammar.on_ground('en', portrait.ground)}"


def carried(language: str, accessory: str) -> str:
    """ "a bag", "一个包"."""
    return _CARRIED[accessory][language == "zh"]
