"""Puzzles solved by picturing every step: remove, add, replace, then count; or the same, answered at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..episodes import Episode, EpisodeOptions, Say, Show
from ..grammar import AT_ONCE, FINAL, SEMICOLON
from . import language as grammar
from .areas import in_reading_order
from .edits import exchange, free_spot, place_of, scene_to_change
from .layout import MAX_THINGS
from .lessons import Builder, lesson
from .nouns import ALL_NOUNS, KINDS, NOUNS, is_a
from .questions import icon_of, pick_single
from .scenes import Scene
from .splits import key
from .voice import Voice, Wordings

_REMOVE_ALL: Wordings = {
    "en": (
        "remove all {kind}",
        "take all {kind} away",
        "take away all {kind}",
        "all {kind} go",
        "away with all {kind}",
        "no {kind} shall stay",
        "now remove all {kind}",
        "then take all {kind} away",
        "take out all {kind}",
        "remove all the {kind}",
        "all the {kind} go away",
        "clear away all {kind}",
        "all {kind} have to go",
    ),
    "zh": (
        "去掉所有{kind}",
        "拿走所有{kind}",
        "把所有{kind}去掉",
        "所有{kind}都去掉",
        "移走所有{kind}",
        "清除所有{kind}",
        "现在去掉所有{kind}",
        "拿掉所有{kind}",
        "然后去掉所有{kind}",
        "把所有{kind}拿走",
        "请去掉所有{kind}",
        "让所有{kind}消失",
        "{kind}一个不留",
    ),
}
_REMOVE: Wordings = {
    "en": (
        "remove {the}",
        "take {the} away",
        "take away {the}",
        "away with {the}",
        "{the} goes",
        "now remove {the}",
        "now take {the} away",
        "take out {the}",
        "remove {the} too",
        "then remove {the}",
        "clear away {the}",
        "{the} has to go",
    ),
    "zh": (
        "去掉{the}",
        "拿走{the}",
        "把{the}去掉",
        "移走{the}",
        "清除{the}",
        "现在去掉{the}",
        "拿掉{the}",
        "然后去掉{the}",
        "请去掉{the}",
        "再去掉{the}",
        "请让{the}不见",
        "不要{the}",
    ),
}
_ADD: Wordings = {
    "en": (
        "add {one} {at}",
        "put {one} {at}",
        "now add {one} {at}",
        "set {one} {at}",
        "{one} is added {at}",
        "then add {one} {at}",
        "now put {one} {at}",
        "there comes {one} {at}",
        "insert {one} {at}",
        "place {one} {at} now",
        "place {one} {at}",
        "{one} comes {at}",
    ),
    "zh": (
        "在{at}加{one}",
        "{at}加{one}",
        "{at}放{one}",
        "给{at}加{one}",
        "在{at}添{one}",
        "再在{at}加{one}",
        "然后在{at}加{one}",
        "现在在{at}放{one}",
        "请在{at}放{one}",
        "{at}来{one}",
        "{at}请放{one}",
        "{at}来了{one}",
    ),
}
_REPLACE: Wordings = {
    "en": (
        "turn {the} into {one}",
        "replace {the} with {one}",
        "change {the} into {one}",
        "put {one} in place of {the}",
        "let {the} become {one}",
        "swap {the} for {one}",
        "now turn {the} into {one}",
        "exchange {the} for {one}",
        "then change {the} into {one}",
        "{the} turns into {one}",
        "make {one} of {the}",
        "{the} should become {one}",
        "make {the} {one} instead",
    ),
    "zh": (
        "把{the}变成{one}",
        "把{the}换成{one}",
        "把{the}换作{one}",
        "让{the}变成{one}",
        "用{one}代替{the}",
        "现在把{the}变成{one}",
        "然后把{the}换成{one}",
        "把{the}改成{one}",
        "{the}变成了{one}",
        "{the}换成{one}吧",
        "{the}要改成{one}",
        "{the}要换成{one}",
    ),
}
_LEFT: Wordings = {
    "en": (
        "{how_many} are left",
        "{how_many} are there then",
        "{how_many} remain",
        "{how_many} are there in the end",
        "{how_many} are there now",
        "count: {how_many}",
        "{how_many} are still there",
        "{how_many} do you see then",
        "{how_many} are there after that",
        "{how_many} can be seen then",
        "{how_many} stay",
        "{how_many} do you see now",
        "tell me {how_many} are left",
    ),
    "zh": (
        "还剩{how_many}",
        "现在有{how_many}",
        "剩下{how_many}",
        "最后剩{how_many}",
        "这时有{how_many}",
        "数一数还有{how_many}",
        "还有{how_many}",
        "现在还剩{how_many}",
        "然后有{how_many}",
        "一共还有{how_many}",
        "最后有{how_many}",
        "告诉我还剩{how_many}",
    ),
}


@dataclass(frozen=True)
class Step:
    """One operation in words, the scene after it, what it is about, and where the things are that come or go."""

    text: str
    after: Scene
    about: frozenset[str]
    thought: str

    def said(self, language: str) -> str:
        """The order and what is thought of it: "remove the cat. cat: at the top left"."""
        return f"{self.text}。{self.thought}" if language == "zh" else f"{self.text}. {self.thought}"


def next_step(voice: Voice, scene: Scene) -> Step | None:
    """A random operation, or None when the scene does not allow the one that the dice chose."""
    dice = voice.dice
    choice = dice.pick(("remove all", "remove", "add", "replace"))
    if choice == "add":
        spot = free_spot(voice, scene, dice.pick(ALL_NOUNS)) if len(scene.things) < MAX_THINGS else None
        if spot is None:
            return None
        area, new = spot
        noun = icon_of(new).noun
        text = voice.word(_ADD, one=grammar.one(voice.language, noun), at=grammar.at(voice.language, area))
        return Step(text, exchange(scene, None, new), frozenset([key("area", noun, area)]), place_of(voice, new, scene))
    if choice == "remove all":
        kinds = [NOUNS[noun].kind for noun in scene.nouns if NOUNS[noun].kind != "thing"]
        if not kinds:
            return None
        kind = dice.pick(kinds)
        text = voice.word(_REMOVE_ALL, kind=voice.pair(KINDS[kind].every, KINDS[kind].zh))
        left = tuple(thing for thing in scene.things if not is_a(icon_of(thing).noun, kind))
        about = frozenset(key("count", kind, noun) for noun in scene.nouns if is_a(noun, kind))
        gone = [place_of(voice, thing, scene) for thing in in_reading_order(scene) if thing not in left]
        return Step(text, replace(scene, things=left), about, SEMICOLON[voice.language].join(gone))
    thing = pick_single(voice, scene)
    if thing is None:
        return None
    noun = icon_of(thing).noun
    the = grammar.the(voice.language, noun)
    if choice == "remove":
        about = frozenset([key("ground", noun, scene.ground)])
        return Step(voice.word(_REMOVE, the=the), exchange(scene, thing), about, place_of(voice, thing, scene))
    by = dice.pick([other for other in ALL_NOUNS if other != noun])
    text = voice.word(_REPLACE, the=the, one=grammar.one(voice.language, by))
    new = replace(thing, what=replace(icon_of(thing), noun=by))
    return Step(text, exchange(scene, thing, new), frozenset([key("pair", noun, by)]), place_of(voice, thing, scene))


def some_steps(voice: Voice, scene: Scene) -> list[Step] | None:
    """One to three operations in turn."""
    steps: list[Step] = []
    for _ in range(voice.dice.pick((1, 2, 2, 3))):
        found = next((step for _ in range(4) if (step := next_step(voice, scene))), None)
        if found is None:
            return None
        steps.append(found)
        scene = found.after
    return steps


def _counted(voice: Voice, before: Scene, steps: list[Step]) -> tuple[str, int]:
    left = steps[-1].after.nouns
    if voice.dice.chance(0.4):
        return "thing", len(left)
    seen = [noun for scene in (before, *(step.after for step in steps)) for noun in scene.nouns]
    noun = voice.dice.pick(left if left and voice.dice.chance(0.7) else seen)
    if voice.dice.chance(0.5):
        return noun, left.count(noun)
    kind = NOUNS[noun].kind
    return kind, sum(is_a(other, kind) for other in left)


def _builder(is_pictured: bool) -> Builder:
    def build(voice: Voice, options: EpisodeOptions) -> Episode | None:
        before = scene_to_change(voice, voice.dice.pick((2, 3, 3, 4)))
        done = some_steps(voice, before)
        if not done:
            return None
        counted, number = _counted(voice, before, done)
        orders = [step.text for step in done]
        question = voice.word(_LEFT, how_many=grammar.how_many(voice.language, counted))
        puzzle = in_a_row(voice.language, orders, question)
        steps: list[Say | Show] = [Show(before)]
        if is_pictured:
            steps.append(Say(puzzle, then="text"))
            for step in done:
                said = step.said(voice.language)
                steps += [Say(said, is_target=True, then="image"), Show(step.after, is_target=True)]
        else:
            steps.append(Say(puzzle + AT_ONCE[voice.language], then="text"))
        steps.append(Say(f"{FINAL[voice.language]}{number}", is_target=True))
        about = set().union(*(step.about for step in done))
        truth = {"before": before, "scene": done[-1].after, "scenes": tuple(step.after for step in done)}
        kind = "puzzle.pictured" if is_pictured else "puzzle.at_once"
        return lesson(voice, kind, steps, about, answer=str(number), accepted=(str(number),), **truth)

    return build


BUILDERS: dict[str, Builder] = {"puzzle.pictured": _builder(True), "puzzle.at_once": _builder(False)}


def in_a_row(language: str, orders: list[str], question: str) -> str:
    """Orders as sentences, and the question at their end."""
    if language == "zh":
        return "。".join([*orders, question]) + "？"
    sentences = [*(f"{order}." for order in orders), f"{question}?"]
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)
