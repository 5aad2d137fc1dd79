"""Lessons of wearing: describe a garment, put it on somebody somewhere, and keep it when all else changes."""

from __future__ import annotations

from dataclasses import replace

from ..episodes import Episode, EpisodeOptions, Say, Show
from ..grammar import as_typed
from . import language as grammar
from . import wear_words as words
from .garments import Garment, garment_words, one_garment
from .layout import ALL_COLOURS, ALL_PLACES
from .lessons import Builder, answered, changed, lesson
from .people import her, she
from .persons import (
    FAR,
    NEAR,
    USUAL_HAIR,
    Person,
    Portrait,
    any_garment,
    any_ground_for_people,
    any_portrait,
    any_wearer,
    description,
    one_person,
    the_person,
)
from .scenes import Placed, Scene
from .splits import garment_key, key, keys_of
from .voice import Voice


def pronouns(voice: Voice, person: Person) -> dict[str, str]:
    """The words `she` and `her` of the wordings."""
    return {"she": she(voice.language, person), "her": her(voice.language, person)}


def alone(garment: Garment) -> Scene:
    """The garment's own picture."""
    return Scene((Placed(garment, 64, 64, 92),), "white")


def _describe(voice: Voice, options: EpisodeOptions) -> Episode:
    garment = any_garment(voice)
    answer = one_garment(voice.language, garment)
    truth = {"scene": alone(garment), "answer": answer, "accepted": (answer, garment_words(voice.language, garment))}
    steps = answered(alone(garment), voice.tell(words.DESCRIBE), answer)
    return lesson(voice, "wear.describe", steps, {garment_key(garment)}, **truth)


def _put_on(voice: Voice, options: EpisodeOptions) -> Episode:
    garment = any_garment(voice)
    who, ground = any_wearer(voice, garment), any_ground_for_people(voice)
    target = Portrait(Person(who, USUAL_HAIR[who], garment), ground)
    where = grammar.on_ground(voice.language, ground)
    text = voice.word(words.WEARING, who=one_person(voice.language, who), where=where)
    steps: list[Say | Show] = [Show(alone(garment)), Say(as_typed(voice.dice, voice.language, text), then="image")]
    about = {garment_key(garment), key("person", who, ground), key("wears", who, garment.kind, garment.colour)}
    truth = {"scene": target.scene, "thought": description(voice.language, target)}
    return lesson(voice, "wear.put", [*steps, Show(target.scene, is_target=True)], about, **truth)


def _dress(voice: Voice, options: EpisodeOptions) -> Episode:
    portrait = any_portrait(voice)
    garment = any_garment(voice, portrait.person.who)
    after = portrait.with_person(garment=garment)
    text = voice.tell(words.DRESS, **pronouns(voice, portrait.person))
    steps: list[Say | Show] = [Show(portrait.scene), Show(alone(garment)), Say(text, then="image")]
    about = {garment_key(garment), key("wears", portrait.person.who, garment.kind, garment.colour)}
    truth = {"before": portrait.scene, "scene": after.scene, "thought": description(voice.language, after)}
    return lesson(voice, "wear.dress", [*steps, Show(after.scene, is_target=True)], about, **truth)


def _worn(voice: Voice, options: EpisodeOptions) -> Episode:
    portrait = any_portrait(voice)
    garment = portrait.person.garment
    answer = one_garment(voice.language, garment)
    text = voice.ask(words.WORN, the=the_person(voice.language, portrait.person.who))
    truth = {"scene": portrait.scene, "answer": answer, "accepted": (answer, garment_words(voice.language, garment))}
    about = {garment_key(garment), key("wears", portrait.person.who, garment.kind, garment.colour)}
    return lesson(voice, "wear.worn", answered(portrait.scene, text, answer), about, **truth)


def change_of(voice: Voice, before: Portrait) -> tuple[str, Portrait]:
    """A change of place, distance or pose in words, and the portrait after it; person and clothes stay."""
    said = pronouns(voice, before.person)
    choice = voice.dice.pick(("place", "distance", "pose"))
    if choice == "place":
        ground = voice.dice.pick([place for place in (*ALL_PLACES, *ALL_COLOURS) if place != before.ground])
        where = grammar.on_ground(voice.language, ground)
        return voice.tell(words.ELSEWHERE, where=where, **said), replace(before, ground=ground)
    if choice == "distance":
        is_near = before.size == NEAR
        return voice.tell(words.AWAY if is_near else words.CLOSER, **said), replace(
            before, size=FAR if is_near else NEAR
        )
    gesture = voice.dice.pick([name for name in words.POSES if name != before.person.gesture])
    return voice.tell(words.POSES[gesture], **said), before.with_person(gesture=gesture)


def _keep(voice: Voice, options: EpisodeOptions) -> Episode:
    before = any_portrait(voice)
    text, after = change_of(voice, before)
    steps = changed(before.scene, text, after.scene)
    truth = {"before": before.scene, "scene": after.scene, "thought": description(voice.language, after)}
    return lesson(voice, "wear.keep", steps, keys_of(after.scene), **truth)


BUILDERS: dict[str, Builder] = {
    "wear.describe": _describe,
    "wear.put": _put_on,
    "wear.dress": _dress,
    "wear.worn": _worn,
    "wear.keep": _keep,
}
