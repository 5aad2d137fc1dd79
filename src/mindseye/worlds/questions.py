"""Ask about a picture: what, where, how many, which colour, whether, and which side.

Only what has exactly one true answer is asked; an asker returns None where the scene allows no such question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from . import language as grammar
from . import question_words as wordings
from .dice import Dice
from .episodes import Builder, Episode, EpisodeOptions, Say, Show
from .nouns import KINDS, NOUNS, is_a
from .relations import OPPOSITE, RELATION_WORDS, neighbours
from .sampling import ALL_BACKGROUNDS, ALL_NOUNS, any_scene
from .scenes import CORNERS, Scene


@dataclass(frozen=True)
class Question:
    """A question about one scene, its answer, all answers that count, and a thought that leads there."""

    family: str
    text: str
    answer: str
    accepted: tuple[str, ...]
    thought: str


def ask_what(dice: Dice, language: str, scene: Scene) -> Question:
    """What is in the picture, or at one of its places."""
    if dice.chance(0.3):
        nouns = [thing.noun for thing in scene.things]
        answer = grammar.group(language, nouns) or grammar.NOTHING[language]
        text = dice.pick(wordings.WHAT_ALL[language])
        return Question("what", text, answer, (answer,), grammar.names(language, nouns))
    place = "middle" if scene.at("middle") else dice.pick(CORNERS)
    text = dice.pick(wordings.WHAT[language]).format(at=grammar.at(language, place))
    where, thing = grammar.place_words(language, place), scene.at(place)
    if thing is None:
        nothing = grammar.NOTHING[language]
        return Question("what", text, nothing, (nothing,), grammar.fact(language, where, nothing))
    accepted = _namings(language, thing.noun, thing.size)
    thought = grammar.fact(language, where, grammar.bare(language, thing.noun))
    return Question("what", text, accepted[0], accepted, thought)


def ask_where(dice: Dice, language: str, scene: Scene) -> Question | None:
    """Where the only one of its noun stands."""
    nouns = [thing.noun for thing in scene.things]
    alone = [thing for thing in scene.things if nouns.count(thing.noun) == 1]
    if not alone:
        return None
    thing = dice.pick(alone)
    text = dice.pick(wordings.WHERE[language]).format(the=grammar.the(language, thing.noun))
    answer, place = grammar.at(language, thing.place), grammar.place_words(language, thing.place)
    accepted = (answer, place) if language == "en" else (place, f"{place}角", f"在{place}", f"在{place}角")
    thought = grammar.fact(language, grammar.bare(language, thing.noun), place)
    return Question("where", text, answer, accepted, thought)


def ask_count(dice: Dice, language: str, scene: Scene) -> Question:
    """How many there are of a noun, of a kind or of all things."""
    present = [thing.noun for thing in scene.things]
    if dice.chance(0.5):
        asked = dice.pick(present) if present and dice.chance(0.8) else dice.pick(ALL_NOUNS)
        counted = [noun for noun in present if noun == asked]
    else:
        asked = "thing" if dice.chance(0.3) else dice.pick(tuple(KINDS))
        if present and asked != "thing" and dice.chance(0.8):
            asked = NOUNS[dice.pick(present)].kind
        counted = [noun for noun in present if is_a(noun, asked)]
    text = dice.pick(wordings.COUNT[language]).format(how_many=grammar.how_many(language, asked))
    answer = str(len(counted))
    return Question("count", text, answer, (answer,), grammar.fact(language, grammar.names(language, counted), answer))


def ask_colour(dice: Dice, language: str, scene: Scene) -> Question:
    """Which colour the background has."""
    answer = grammar.colour(language, scene.background)
    accepted = (answer, answer.rstrip("色"), f"{answer}背景") if language == "zh" else (answer,)
    thought = grammar.fact(language, grammar.BACKGROUND[language], answer)
    return Question("colour", dice.pick(wordings.COLOUR[language]), answer, accepted, thought)


def ask_yesno(dice: Dice, language: str, scene: Scene) -> Question:
    """Whether two things stand so, the background is so, or a thing is there; half of all are true."""
    is_true = dice.chance(0.5)
    related = neighbours(scene)
    if related and dice.chance(0.5):
        first, relation, second = dice.pick(related)
        claim = (first, relation if is_true else OPPOSITE[relation], second)
        text = _about(dice, language, wordings.IS_BESIDE, claim)
        return _yesno(language, text, is_true, _standing(language, scene, (first, second)))
    if not scene.things or dice.chance(0.15):
        others = [background for background in ALL_BACKGROUNDS if background != scene.background]
        claimed = scene.background if is_true else dice.pick(others)
        text = dice.pick(wordings.IS_COLOUR[language]).format(colour=grammar.colour(language, claimed))
        shown = grammar.colour(language, scene.background)
        return _yesno(language, text, is_true, grammar.fact(language, grammar.BACKGROUND[language], shown))
    present = [thing.noun for thing in scene.things]
    noun = dice.pick(present if is_true else [name for name in ALL_NOUNS if name not in present])
    named = grammar.one(language, noun) if language == "en" else grammar.bare(language, noun)
    text = dice.pick(wordings.IS_THERE[language]).format(one=named)
    return _yesno(language, text, is_true, grammar.names(language, present), wordings.HAS_NOT)


def ask_relation(dice: Dice, language: str, scene: Scene) -> Question | None:
    """What stands beside a thing, or on which of two sides it stands."""
    related = neighbours(scene)
    if not related:
        return None
    fact = dice.pick(related)
    first, relation, second = fact
    thought = _standing(language, scene, (first, second))
    if dice.chance(0.5):
        text = _about(dice, language, wordings.WHAT_BESIDE, fact)
        accepted = _namings(language, first, scene.all_of(first)[0].size)
        return Question("relation", text, accepted[0], accepted, thought)
    is_across = relation in ("left", "right")
    text = _about(dice, language, wordings.LEFT_OR_RIGHT if is_across else wordings.ABOVE_OR_BELOW, fact)
    if language == "zh":
        answer = RELATION_WORDS["zh"][relation][0]
        return Question("relation", text, answer, (answer, f"在{answer}", answer[:1]), thought)
    accepted = (relation, f"to the {relation}", *RELATION_WORDS["en"][relation])
    return Question("relation", text, relation, accepted, thought)


ASKERS: dict[str, Callable[[Dice, str, Scene], Question | None]] = {
    "what": ask_what,
    "where": ask_where,
    "count": ask_count,
    "colour": ask_colour,
    "yesno": ask_yesno,
    "relation": ask_relation,
}


def ask(dice: Dice, language: str, scene: Scene, family: str) -> Question | None:
    """A question of that family as people type it, or None when the scene allows none."""
    question = ASKERS[family](dice, language, scene)
    return question and replace(question, text=grammar.as_typed(dice, language, question.text, "?"))


def scene_to_ask_about(dice: Dice, family: str) -> Scene:
    """A random scene, now and then an empty one; to be counted, often several of one noun."""
    if family == "count" and dice.chance(0.6):
        return any_scene(dice.rng, dice.pick((2, 3, 4)), dice.some(ALL_NOUNS, dice.pick((1, 2))))
    return any_scene(dice.rng, 0 if dice.chance(0.03) else None)


def _builder(family: str) -> Builder:
    def build(dice: Dice, language: str, options: EpisodeOptions) -> Episode | None:
        scene = scene_to_ask_about(dice, family)
        first = ask(dice, language, scene, family)
        if first is None:
            return None
        asked = [first]
        for _ in range((options.num_questions or dice.pick((1, 2, 3, 4))) - 1):
            further = ask(dice, language, scene, dice.pick(tuple(ASKERS)))
            if further and all(further.text != known.text for known in asked):
                asked.append(further)
        steps: list[Say | Show] = [Show(scene)]
        for question in asked:
            steps += [Say(question.text, then="text"), Say(question.answer, is_target=True)]
        truth = {"scene": scene, "answer": first.answer, "accepted": first.accepted, "questions": tuple(asked)}
        return Episode(f"question.{family}", language, tuple(steps), truth)

    return build


BUILDERS: dict[str, Builder] = {f"question.{family}": _builder(family) for family in ASKERS}


def _namings(language: str, noun: str, size: str) -> tuple[str, ...]:
    return grammar.one(language, noun), grammar.bare(language, noun), grammar.one(language, noun, size)


def _standing(language: str, scene: Scene, nouns: tuple[str, ...]) -> str:
    lines = [
        grammar.fact(language, grammar.bare(language, thing.noun), grammar.place_words(language, thing.place))
        for thing in scene.things
        if thing.noun in nouns
    ]
    return grammar.SEMICOLON[language].join(lines)


def _about(dice: Dice, language: str, templates: dict[str, tuple[str, ...]], fact: tuple[str, str, str]) -> str:
    first, relation, second = fact
    return dice.pick(templates[language]).format(
        first=grammar.the(language, first),
        relation=dice.pick(RELATION_WORDS[language][relation]),
        second=grammar.the(language, second),
    )


def _yesno(
    language: str,
    text: str,
    is_true: bool,
    thought: str,
    answers: dict[str, tuple[str, str]] = wordings.YES_NO,
) -> Question:
    answer = answers[language][0 if is_true else 1]
    also = wordings.ALSO_YES if is_true else wordings.ALSO_NO
    return Question("yesno", text, answer, (answer, *also[language]), thought)
