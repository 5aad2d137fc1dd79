"""Lessons of characters: described once, the same in the next scene; and questions about who is shown."""

from __future__ import annotations

from dataclasses import replace

from ..episodes import Episode, EpisodeOptions, Say, Show
from ..grammar import as_typed
from . import order_words as words
from .lessons import Builder, answered, lesson
from .people import ACCESSORIES, HAIR
from .persons import (
    NEAR,
    Portrait,
    any_portrait,
    carried,
    description,
    the_person,
)
from .splits import key, keys_of
from .stray import asked_for
from .voice import Voice, Wordings
from .wearing import change_of

_HAIR: Wordings = {
    "en": (
        "what colour is the hair of {the}",
        "which hair does {the} have",
        "which colour is the hair of {the}",
        "tell me the hair of {the}",
        "what colour of hair does {the} have",
        "which colour of hair does {the} have",
        "what is the hair colour of {the}",
        "name the colour of the hair",
        "say which hair {the} has",
        "what hair has {the}",
        "name the hair colour",
    ),
    "zh": (
        "{the}的头发是什么颜色",
        "{the}是什么颜色的头发",
        "{the}头发是什么颜色",
        "{the}的头发什么颜色",
        "说说{the}的头发",
        "说出{the}的头发颜色",
        "{the}的头发是哪种颜色",
        "告诉我{the}的头发是什么颜色",
        "{the}头发什么色",
        "说出头发的颜色",
    ),
}
_CARRIES: Wordings = {
    "en": (
        "what does {the} carry",
        "what has {the} got",
        "what does {the} have",
        "what does {the} bring along",
        "tell me what {the} carries",
        "which thing does {the} carry",
        "what is {the} carrying",
        "what is it that {the} carries",
        "which thing has {the} got",
        "name what {the} has",
        "tell me what {the} has got",
        "say what {the} has",
        "say what {the} carries",
        "what did {the} bring",
    ),
    "zh": (
        "{the}带着什么",
        "{the}拿着什么",
        "{the}带了什么",
        "{the}手里有什么",
        "说说{the}带着什么",
        "{the}手里拿着什么",
        "告诉我{the}带着什么",
        "说出{the}带的东西",
        "{the}带来什么东西",
        "{the}有什么东西",
        "{the}带来了什么",
    ),
}


def _draw(voice: Voice, options: EpisodeOptions) -> Episode:
    portrait = _calm(any_portrait(voice))
    text = as_typed(voice.dice, voice.language, asked_for(voice, words.PORTRAY, description(voice.language, portrait)))
    steps: list[Say | Show] = [Say(text, then="image"), Show(portrait.scene, is_target=True)]
    return lesson(voice, "character.draw", steps, keys_of(portrait.scene), scene=portrait.scene)


def _next_scene(voice: Voice, options: EpisodeOptions) -> Episode:
    """Described, drawn, then drawn again somewhere else, nearer or farther, or in another pose: the same person."""
    first = _calm(any_portrait(voice))
    text = as_typed(voice.dice, voice.language, asked_for(voice, words.PORTRAY, description(voice.language, first)))
    steps: list[Say | Show] = [Say(text, then="image"), Show(first.scene, is_target=True)]
    before, after = first, first
    for _ in range(voice.dice.pick((1, 2))):
        before = after
        order, after = change_of(voice, before)
        steps += [Say(order, then="image"), Show(after.scene, is_target=True)]
    about = keys_of(after.scene)
    return lesson(voice, "character.scene", steps, about, before=before.scene, scene=after.scene)


def _ask(voice: Voice, options: EpisodeOptions) -> Episode | None:
    portrait = replace(any_portrait(voice), size=NEAR)
    person = portrait.person
    the = the_person(voice.language, person.who)
    if voice.dice.chance(0.5):
        answer = voice.pair(person.hair, f"{HAIR[person.hair]}色")
        accepted = (answer, voice.pair(f"{answer} hair", HAIR[person.hair]))
        text, about = voice.ask(_HAIR, the=the), key("hair", person.who, person.hair)
    else:
        if person.accessory is None:
            return None
        answer = carried(voice.language, person.accessory)
        accepted = (answer, voice.pair(person.accessory, ACCESSORIES[person.accessory]))
        text, about = voice.ask(_CARRIES, the=the), key("carries", person.who, person.accessory)
    steps = answered(portrait.scene, text, answer)
    truth = {"scene": portrait.scene, "answer": answer, "accepted": accepted}
    return lesson(voice, "character.ask", steps, {about}, **truth)


BUILDERS: dict[str, Builder] = {
    "character.draw": _draw,
    "character.scene": _next_scene,
    "character.ask": _ask,
}


def _calm(portrait: Portrait) -> Portrait:
    """As somebody is drawn of whom no gesture or distance was said."""
    return replace(portrait.with_person(gesture="standing"), size=NEAR)
