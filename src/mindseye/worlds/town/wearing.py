"""Lessons of wearing: describe a garment, put it on somebody somewhere, and keep it when all else changes."""

from __future__ import annotations

from dataclasses import replace

from ..episodes import Episode, EpisodeOptions, Say, Show
from ..grammar import as_typed
from . import language as grammar
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
    one_person,
    the_person,
)
from .scenes import Placed, Scene
from .splits import garment_key, key, keys_of
from .voice import Voice, Wordings

_DESCRIBE: Wordings = {
    "en": (
        "describe the garment",
        "what garment is this",
        "what is this garment",
        "tell me what garment it is",
        "describe this piece of clothing",
        "what piece of clothing is this",
        "what would you call these clothes",
        "name this garment",
        "what kind of garment is it",
        "which garment is shown",
        "tell me about this garment",
        "what is this",
        "say what this is",
        "say what garment this is",
    ),
    "zh": (
        "描述这件衣物",
        "这是什么衣物",
        "这件衣物是什么",
        "说说这件衣物",
        "描述一下衣物",
        "看看这是什么衣物",
        "这是哪种衣物",
        "说出这件衣物",
        "告诉我这是什么衣物",
        "这是什么",
        "说说这是什么",
        "这件衣物叫什么",
    ),
}
_WEARING: Wordings = {
    "en": (
        "{who} {where} wearing this",
        "{who} {where} in this",
        "{who} in this, {where}",
        "draw {who} {where} in this",
        "{who} puts this on, {where}",
        "show {who} {where} in this",
        "I want to see {who} {where} with this on",
        "{who} has this on, {where}",
        "put this on {who} {where}",
        "please draw {who} in this, {where}",
        "let us see {who} wear this {where}",
        "{where}, {who} wears this",
        "show this on {who} {where}",
    ),
    "zh": (
        "{who}穿着这个，{where}",
        "{where}，{who}穿这个",
        "{who}穿着它，{where}",
        "{who}穿上这个，{where}",
        "画{who}穿着这个，{where}",
        "给我看{who}穿着这个，{where}",
        "{who}身上穿着它，{where}",
        "我想看{who}穿这个，{where}",
        "请画{who}穿着它，{where}",
        "让{who}穿着它，{where}",
        "{who}穿上它，{where}",
        "让{who}穿这个，{where}",
    ),
}
_DRESS: Wordings = {
    "en": (
        "let {her} wear this",
        "dress {her} in this",
        "give {her} this to wear",
        "{she} wears this",
        "{she} puts this on",
        "let {her} put this on",
        "now in these clothes",
        "show {her} in this",
        "I want to see {her} in this",
        "now {she} has this on",
        "make {her} wear this",
        "put these clothes on {her}",
        "{she} is in this now",
        "put this on {her}",
        "let us see {her} in this",
    ),
    "zh": (
        "让{her}穿上这个",
        "给{her}穿这个",
        "{she}穿上这个",
        "叫{her}穿上这个",
        "让{her}换上这个",
        "{she}穿这个",
        "现在{she}穿着这个",
        "我想看{she}穿这个",
        "请让{her}穿这个",
        "{she}换这件衣物",
        "把这个穿在{her}身上",
        "换上这件",
    ),
}
_WORN: Wordings = {
    "en": (
        "what does {the} wear",
        "what is {the} wearing",
        "what clothes does {the} wear",
        "tell me what {the} wears",
        "what has {the} got on",
        "which clothes is {the} wearing",
        "what does {the} have on",
        "what garment does {the} wear",
        "say what {the} is wearing",
        "name the clothes of {the}",
        "which garment has {the} on",
        "describe the clothes of {the}",
    ),
    "zh": (
        "{the}穿着什么",
        "{the}穿的是什么",
        "{the}穿什么",
        "说说{the}穿着什么",
        "{the}穿了什么衣物",
        "{the}身上穿着什么",
        "{the}穿着哪件衣物",
        "告诉我{the}穿什么",
        "说出{the}的衣物",
        "{the}身上是什么衣物",
        "描述{the}的衣物",
    ),
}
_ELSEWHERE: Wordings = {
    "en": (
        "now {where}",
        "the same person {where}",
        "{she} is {where} now",
        "go on {where}",
        "the same one {where}",
        "now show {her} {where}",
        "let {her} be {where}",
        "the next scene is {where}",
        "take {her} to another place: {where}",
        "then {she} is {where}",
        "show {her} {where}",
        "{she} goes on, {where}",
    ),
    "zh": (
        "现在{where}",
        "同一个人{where}",
        "{she}现在{where}",
        "同样的人{where}",
        "接下来{where}",
        "{she}到了另一处，{where}",
        "接着{she}{where}",
        "把{her}换到另一处：{where}",
        "下一幕{where}",
        "然后{she}{where}",
        "让{her}{where}",
        "现在{she}{where}",
    ),
}
_CLOSER: Wordings = {
    "en": (
        "come closer",
        "step closer",
        "nearer",
        "go nearer to {her}",
        "step up to {her}",
        "look at {her} from near",
        "show {her} from near by",
        "come nearer to {her}",
        "show {her} closer",
        "I want to see {her} from near",
        "closer",
        "closer to {her}",
        "look from near at {her}",
    ),
    "zh": (
        "走近一点",
        "靠近一点",
        "近一点",
        "走到{her}近处",
        "再近些",
        "靠近{her}",
        "近看{her}",
        "走近{her}",
        "让我从近处看",
        "离{her}近一点",
        "从近处看{her}",
    ),
}
_AWAY: Wordings = {
    "en": (
        "step back",
        "from farther away",
        "go back",
        "step away from {her}",
        "move away",
        "look at {her} from far",
        "show {her} from a distance",
        "go farther away from {her}",
        "show {her} from farther away",
        "I want to see {her} from far away",
        "farther away",
        "farther from {her}",
        "look from far at {her}",
    ),
    "zh": (
        "退后一点",
        "离远一点",
        "远一点",
        "退远些",
        "离开一点",
        "站远一点看{her}",
        "远看{her}",
        "走远一点",
        "让我从远处看",
        "离{her}远一点",
        "从远处看{her}",
    ),
}
_POSES: dict[str, Wordings] = {
    "waving": {
        "en": (
            "{she} waves",
            "let {her} wave",
            "wave",
            "{she} waves a hand",
            "now {she} waves",
            "{she} is waving",
            "let us see {her} wave",
            "make {her} wave a hand",
        ),
        "zh": ("{she}挥手", "让{her}挥手", "{she}挥挥手", "现在{she}挥手", "{she}在挥手", "叫{her}挥一挥手"),
    },
    "reaching": {
        "en": (
            "{she} reaches out",
            "let {her} reach out",
            "reach out",
            "{she} reaches out a hand",
            "now {she} reaches out",
            "{she} is reaching out",
            "make {her} stretch out an arm",
            "let {her} reach out a hand",
            "make {her} reach out",
        ),
        "zh": ("{she}伸手", "让{her}伸手", "{she}伸出手", "叫{her}把手伸出来"),
    },
    "standing": {
        "en": (
            "{she} lets the arms hang",
            "let {her} stand still",
            "stand still",
            "{she} stands there",
            "now {she} just stands",
            "make {her} rest the arms",
            "{she} stands still",
            "make {her} stand still",
        ),
        "zh": ("{she}放下手", "让{her}站好", "{she}站着不动", "叫{her}把手放下"),
    },
}


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
    steps = answered(alone(garment), voice.tell(_DESCRIBE), answer)
    return lesson(voice, "wear.describe", steps, {garment_key(garment)}, **truth)


def _put_on(voice: Voice, options: EpisodeOptions) -> Episode:
    garment = any_garment(voice)
    who, ground = any_wearer(voice, garment), any_ground_for_people(voice)
    target = Portrait(Person(who, USUAL_HAIR[who], garment), ground).scene
    where = grammar.on_ground(voice.language, ground)
    text = voice.word(_WEARING, who=one_person(voice.language, who), where=where)
    steps: list[Say | Show] = [Show(alone(garment)), Say(as_typed(voice.dice, voice.language, text), then="image")]
    about = {garment_key(garment), key("person", who, ground), key("wears", who, garment.kind, garment.colour)}
    return lesson(voice, "wear.put", [*steps, Show(target, is_target=True)], about, scene=target)


def _dress(voice: Voice, options: EpisodeOptions) -> Episode:
    portrait = any_portrait(voice)
    garment = any_garment(voice, portrait.person.who)
    after = portrait.with_person(garment=garment).scene
    text = voice.tell(_DRESS, **pronouns(voice, portrait.person))
    steps: list[Say | Show] = [Show(portrait.scene), Show(alone(garment)), Say(text, then="image")]
    about = {garment_key(garment), key("wears", portrait.person.who, garment.kind, garment.colour)}
    truth = {"before": portrait.scene, "scene": after}
    return lesson(voice, "wear.dress", [*steps, Show(after, is_target=True)], about, **truth)


def _worn(voice: Voice, options: EpisodeOptions) -> Episode:
    portrait = any_portrait(voice)
    garment = portrait.person.garment
    answer = one_garment(voice.language, garment)
    text = voice.ask(_WORN, the=the_person(voice.language, portrait.person.who))
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
        return voice.tell(_ELSEWHERE, where=where, **said), replace(before, ground=ground)
    if choice == "distance":
        is_near = before.size == NEAR
        return voice.tell(_AWAY if is_near else _CLOSER, **said), replace(before, size=FAR if is_near else NEAR)
    gesture = voice.dice.pick([name for name in _POSES if name != before.person.gesture])
    return voice.tell(_POSES[gesture], **said), before.with_person(gesture=gesture)


def _keep(voice: Voice, options: EpisodeOptions) -> Episode:
    before = any_portrait(voice)
    text, after = change_of(voice, before)
    steps = changed(before.scene, text, after.scene)
    return lesson(voice, "wear.keep", steps, keys_of(after.scene), before=before.scene, scene=after.scene)


BUILDERS: dict[str, Builder] = {
    "wear.describe": _describe,
    "wear.put": _put_on,
    "wear.dress": _dress,
    "wear.worn": _worn,
    "wear.keep": _keep,
}
