"""Lessons of the walk: what will be seen after a step, what is in the way, what is hidden, two steps ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..episodes import Episode, EpisodeOptions, Say, Show
from ..grammar import AT_ONCE, FINAL, as_typed
from . import language as grammar
from . import walk_words as words
from .lessons import Builder, answered, changed, lesson
from .puzzles import in_a_row
from .question_words import HAS_NOT
from .questions import Question, yes_or_no
from .splits import key
from .voice import Voice
from .walk_thoughts import thought_of
from .walks import OBSTACLES, Obstacle, View, any_view, look_at, sidestep, step, turn

_WAYS = {"left": "左", "right": "右"}


def _move(voice: Voice, view: View, may_turn: bool = True) -> tuple[str, View] | None:
    """A move in words, and the view after it."""
    choice = voice.dice.pick(("forward", "forward", "side", "turn") if may_turn else ("forward", "forward", "side"))
    if choice == "forward":
        after = step(view)
        return (voice.word(words.FORWARD), after) if after else None
    way = voice.dice.pick(("left", "right"))
    after = sidestep(view, way) if choice == "side" else turn(view, way)
    said = way if voice.language == "en" else _WAYS[way]
    return (voice.word(words.SIDE if choice == "side" else words.TURN, way=said), after) if after else None


def ask_way(voice: Voice, view: View) -> Question:
    """What is in the way: the first thing ahead, or nothing."""
    return _naming(voice, voice.ask(words.IN_WAY), view.nearest(0))


def ask_clear(voice: Voice, view: View) -> Question:
    """Whether two steps are free."""
    first = view.nearest(0)
    about = frozenset([_key(first)] if first else [key("clear", len(view.obstacles), view.kerb)])
    return yes_or_no(voice, voice.ask(words.CLEAR), view.is_clear, "", about)


def ask_beside(voice: Voice, view: View) -> Question | None:
    """What is to the left or right, the nearest if several are."""
    way = voice.dice.pick(("left", "right"))
    sides = [one for one in view.obstacles if (one.lane < 0) == (way == "left") and one.lane]
    if len(sides) > 1:
        return None
    said = way if voice.language == "en" else _WAYS[way]
    return _naming(voice, voice.ask(words.BESIDE, way=said), sides[0] if sides else None)


def ask_far(voice: Voice, view: View) -> Question | None:
    """Whether a thing is near (at most two steps) or far."""
    if not view.obstacles:
        return None
    one = voice.dice.pick(view.obstacles)
    is_near = one.depth <= 2
    text = voice.ask(words.FAR, the=grammar.the(voice.language, one.noun))
    answer = voice.pair("near" if is_near else "far", "近" if is_near else "远")
    return Question(text, (answer, voice.pair(f"{answer} away", f"很{answer}")), "", frozenset([_key(one)]))


def ask_kerb(voice: Voice, view: View) -> Question:
    """Whether a kerb comes."""
    about = frozenset([key("kerb", view.kerb, *(one.noun for one in view.obstacles[:1]))])
    return yes_or_no(voice, voice.ask(words.KERB), view.kerb > 0, "", about, HAS_NOT)


ASKERS: dict[str, Callable[[Voice, View], Question | None]] = {
    "way": ask_way,
    "clear": ask_clear,
    "beside": ask_beside,
    "far": ask_far,
    "kerb": ask_kerb,
}


def _next(voice: Voice, options: EpisodeOptions) -> Episode | None:
    """A view and a move give the next view."""
    view = any_view(voice)
    moved = _move(voice, view)
    if moved is None:
        return None
    before, after = look_at(view), look_at(moved[1])
    steps = changed(before, as_typed(voice.dice, voice.language, moved[0]), after)
    truth = {"before": before, "scene": after, "thought": thought_of(voice.language, moved[1])}
    return lesson(voice, "walk.next", steps, {_key(one) for one in view.obstacles}, **truth)


def _question(family: str) -> Builder:
    def build(voice: Voice, options: EpisodeOptions) -> Episode | None:
        view = any_view(voice)
        question = ASKERS[family](voice, view)
        if question is None:
            return None
        scene = look_at(view)
        truth = {"scene": scene, "answer": question.answer, "accepted": question.accepted}
        steps = answered(scene, question.text, question.answer)
        return lesson(voice, f"walk.{family}", steps, set(question.about), **truth)

    return build


def _hidden(voice: Voice, options: EpisodeOptions) -> Episode | None:
    """What was seen from the side stands behind something now: only who remembers can say what it is."""
    near, far = voice.dice.some(OBSTACLES, 2)
    way = voice.dice.pick(("left", "right"))
    lane = -1 if way == "left" else 1
    things = (Obstacle(near, lane, 2), Obstacle(far, lane, 3))
    view = replace(any_view(voice, 0), obstacles=things, kerb=0)
    after = sidestep(view, way)
    if after is None:
        return None
    after = step(after)
    assert after is not None
    said = way if voice.language == "en" else _WAYS[way]
    moved = as_typed(
        voice.dice,
        voice.language,
        voice.word(words.SIDE, way=said) + voice.pair(" and ", "，") + voice.word(words.FORWARD),
    )
    question = voice.ask(words.HIDDEN, the=grammar.the(voice.language, near))
    accepted = (grammar.one(voice.language, far), grammar.bare(voice.language, far))
    before, now = look_at(view), look_at(after)
    steps: list[Say | Show] = [Show(before), Say(moved, then="image"), Show(now, is_target=True)]
    steps += [Say(question, then="text"), Say(accepted[0], is_target=True)]
    truth = {"before": before, "scene": now, "answer": accepted[0], "accepted": accepted}
    return lesson(voice, "walk.hidden", steps, {key("hidden", near, far)}, **truth)


def _ahead(is_pictured: bool) -> Builder:
    """Two moves, then what is in the way or whether it is clear; both views thought and drawn between, or at once."""

    def build(voice: Voice, options: EpisodeOptions) -> Episode | None:
        view = any_view(voice)
        moves, seen = [], view
        for _ in range(2):
            moved = _move(voice, seen, may_turn=False)
            if moved is None:
                return None
            moves.append(moved)
            seen = moved[1]
        asked = voice.dice.pick((ask_way, ask_way, ask_clear))(voice, seen)
        puzzle = in_a_row(voice.language, [words for words, _ in moves], asked.text.rstrip("?？"))
        steps: list[Say | Show] = [Show(look_at(view))]
        if is_pictured:
            steps.append(Say(puzzle, then="text"))
            for _, after in moves:
                thought = thought_of(voice.language, after)
                steps += [Say(thought, is_target=True, then="image"), Show(look_at(after), is_target=True)]
        else:
            steps.append(Say(puzzle + AT_ONCE[voice.language], then="text"))
        steps.append(Say(FINAL[voice.language] + asked.answer, is_target=True))
        truth = {"before": look_at(view), "scene": look_at(seen), "scenes": tuple(look_at(one) for _, one in moves)}
        truth |= {"answer": asked.answer, "accepted": asked.accepted}
        return lesson(voice, "walk.ahead" if is_pictured else "walk.at_once", steps, set(asked.about), **truth)

    return build


BUILDERS: dict[str, Builder] = {
    "walk.next": _next,
    **{f"walk.{family}": _question(family) for family in ASKERS},
    "walk.hidden": _hidden,
    "walk.ahead": _ahead(True),
    "walk.at_once": _ahead(False),
}


def _key(one: Obstacle) -> str:
    return key("walk", one.noun, one.lane, one.depth)


def _naming(voice: Voice, text: str, one: Obstacle | None) -> Question:
    if one is None:
        nothing = grammar.NOTHING[voice.language]
        return Question(text, (nothing,), "", frozenset())
    accepted = (grammar.one(voice.language, one.noun), grammar.bare(voice.language, one.noun))
    return Question(text, accepted, "", frozenset([_key(one)]))
