"""Ask about a picture. Only what has exactly one true answer is asked; an asker returns None where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import permutations

from ..episodes import Episode, EpisodeOptions, Say, Show
from ..grammar import SEMICOLON, fact
from . import language as grammar
from . import question_words as wordings
from .areas import AREAS, COLUMNS, area_of, in_reading_order, may_be_in
from .drawables import Icon
from .grounds import is_place
from .hands import NUM_HANDS
from .layout import any_scene
from .lessons import Builder, lesson
from .nouns import ALL_NOUNS, KINDS, NOUNS, is_a
from .relations import OPPOSITE, RELATION_WORDS, clear_relation, holds
from .scenes import Placed, Scene
from .splits import key
from .styles import STYLES, TAUGHT_STYLES
from .voice import Voice


@dataclass(frozen=True)
class Question:
    """A question about one scene: its answer, all that count, a thought that leads there, what it is about."""

    text: str
    accepted: tuple[str, ...]
    thought: str
    about: frozenset[str]

    @property
    def answer(self) -> str:
        """The answer as trained."""
        return self.accepted[0]


def ask_name(voice: Voice, scene: Scene) -> Question | None:
    """What the lone thing is."""
    if len(scene.things) != 1:
        return None
    noun, thing = scene.nouns[0], scene.things[0]
    about = {key("ground", noun, scene.ground), key("style", noun, icon_of(thing).style)}
    return Question(
        voice.ask(wordings.NAME),
        (grammar.one(voice.language, noun), grammar.bare(voice.language, noun)),
        grammar.bare(voice.language, noun),
        frozenset(about),
    )


def ask_what(voice: Voice, scene: Scene) -> Question | None:
    """What is in the picture, or in one of its areas."""
    if voice.dice.chance(0.3):
        nouns = [icon_of(thing).noun for thing in in_reading_order(scene)]
        about = frozenset(key("pair", *pair) for pair in permutations(sorted(set(nouns)), 2))
        thought = grammar.names(voice.language, nouns)
        return Question(voice.ask(wordings.WHAT_ALL), (grammar.group(voice.language, nouns),), thought, about)
    area = voice.dice.pick(COLUMNS if is_place(str(scene.ground)) else AREAS)
    near = [thing for thing in scene.things if may_be_in(thing, area, is_place(str(scene.ground)))]
    text, where = voice.ask(wordings.WHAT, at=grammar.at(voice.language, area)), grammar.at(voice.language, area)
    if not near:
        nothing = grammar.NOTHING[voice.language]
        return Question(text, (nothing,), fact(voice.language, where, nothing), frozenset())
    if len(near) > 1 or area_of(near[0], scene.ground) != area:
        return None
    noun = icon_of(near[0]).noun
    accepted = (grammar.one(voice.language, noun), grammar.bare(voice.language, noun))
    thought = fact(voice.language, where, grammar.bare(voice.language, noun))
    return Question(text, accepted, thought, frozenset([key("area", noun, area)]))


def ask_where(voice: Voice, scene: Scene) -> Question | None:
    """Where the only one of its noun stands."""
    thing = pick_single(voice, scene)
    area = area_of(thing, scene.ground) if thing else None
    if thing is None or area is None:
        return None
    noun, answer = icon_of(thing).noun, grammar.at(voice.language, area)
    text = voice.ask(wordings.WHERE, the=grammar.the(voice.language, noun))
    accepted = (answer, area) if voice.language == "en" else (answer, f"在{answer}", f"{answer}角")
    thought = fact(voice.language, grammar.bare(voice.language, noun), answer)
    return Question(text, accepted, thought, frozenset([key("area", noun, area)]))


def ask_count(voice: Voice, scene: Scene) -> Question:
    """How many there are of a noun, of a kind or of all things."""
    dice, present = voice.dice, scene.nouns
    asked = dice.pick(present) if dice.chance(0.8) else dice.pick(ALL_NOUNS)
    if dice.chance(0.5):
        asked = "thing" if dice.chance(0.3) else NOUNS[asked].kind
    counted = [noun for noun in present if (is_a(noun, asked) if asked in KINDS else noun == asked)]
    text = voice.ask(wordings.COUNT, how_many=grammar.how_many(voice.language, asked))
    answer = str(len(counted))
    thought = fact(voice.language, grammar.names(voice.language, counted), answer)
    return Question(text, (answer,), thought, frozenset([key("count", asked, answer)]))


def ask_ground(voice: Voice, scene: Scene) -> Question:
    """Which colour the background has, or which place it is."""
    ground, noun = str(scene.ground), voice.dice.pick(scene.nouns)
    words = wordings.PLACE if is_place(ground) else wordings.COLOUR
    answer = grammar.ground_word(voice.language, ground)
    accepted = (answer, grammar.on_ground(voice.language, ground), f"{answer}背景", answer.rstrip("色"))
    text = voice.ask(words, the=grammar.the(voice.language, noun))
    about = frozenset(key("ground", shown, ground) for shown in scene.nouns)
    return Question(text, accepted, answer, about)


def ask_yesno(voice: Voice, scene: Scene) -> Question:
    """Whether two things stand so or a thing is there; half of all are true."""
    dice, is_true = voice.dice, voice.dice.chance(0.5)
    related = _related(voice, scene)
    if related and dice.chance(0.5):
        first, relation, second = related
        claimed = relation if is_true else OPPOSITE[relation]
        text = voice.ask(wordings.IS_BESIDE, **_side_words(voice, first, claimed, second))
        side = key("relation", icon_of(first).noun, relation, icon_of(second).noun)
        thought = _standing(voice, scene, (first, second))
        return yes_or_no(voice, text, is_true, thought, frozenset([side]))
    present = scene.nouns
    noun = dice.pick(present if is_true else [name for name in ALL_NOUNS if name not in present])
    one, bare = grammar.one(voice.language, noun), grammar.bare(voice.language, noun)
    text = voice.ask(wordings.IS_THERE, one=one, bare=bare)
    about = frozenset(key("pair", noun, other) for other in present if other != noun)
    if not about:
        about = frozenset([key("ground", noun, scene.ground)])
    return yes_or_no(voice, text, is_true, grammar.names(voice.language, present), about, wordings.HAS_NOT)


def ask_relation(voice: Voice, scene: Scene) -> Question | None:
    """On which of two sides a thing stands."""
    related = _related(voice, scene)
    if not related:
        return None
    first, relation, second = related
    asked = wordings.LEFT_OR_RIGHT if relation in ("left", "right") else wordings.ABOVE_OR_BELOW
    text = voice.ask(asked, **_side_words(voice, first, relation, second))
    about = frozenset([key("relation", icon_of(first).noun, relation, icon_of(second).noun)])
    thought = _standing(voice, scene, (first, second))
    if voice.language == "zh":
        answer = RELATION_WORDS["zh"][relation][0]
        return Question(text, (answer, f"在{answer}", answer[:1]), thought, about)
    return Question(text, (relation, f"to the {relation}", *RELATION_WORDS["en"][relation]), thought, about)


def ask_beside(voice: Voice, scene: Scene) -> Question | None:
    """What stands on that side of a thing, where nothing else could be meant."""
    related = _related(voice, scene)
    if not related:
        return None
    first, relation, second = related
    if any(thing is not first and holds(thing, relation, second) for thing in scene.things):
        return None
    noun = icon_of(first).noun
    text = voice.ask(wordings.WHAT_BESIDE, **_side_words(voice, first, relation, second))
    accepted = (grammar.one(voice.language, noun), grammar.bare(voice.language, noun))
    about = frozenset([key("relation", noun, relation, icon_of(second).noun)])
    return Question(text, accepted, _standing(voice, scene, (first, second)), about)


def ask_bigger(voice: Voice, scene: Scene) -> Question | None:
    """Which of two things is clearly bigger."""
    single = singles(scene)
    if len(single) < 2:
        return None
    first, second = voice.dice.some(single, 2)
    big, small = (first, second) if first.size > second.size else (second, first)
    if big.size < 1.3 * small.size:
        return None
    nouns = [icon_of(thing).noun for thing in (first, second, big)]
    the = [grammar.the(voice.language, noun) for noun in nouns]
    text = voice.ask(wordings.BIGGER, first=the[0], second=the[1])
    about = frozenset([key("pair", nouns[0], nouns[1])])
    return Question(text, (the[2], grammar.bare(voice.language, nouns[2])), the[2], about)


def ask_style(voice: Voice, scene: Scene) -> Question | None:
    """In which of the taught styles the picture is drawn."""
    style, noun = icon_of(scene.things[0]).style, scene.nouns[0]
    if style not in TAUGHT_STYLES or icon_of(scene.things[0]).hand:
        return None
    text = voice.ask(wordings.STYLE, the=grammar.the(voice.language, noun))
    answer = style if voice.language == "en" else STYLES[style].zh
    accepted = (answer, f"{answer} style", f"{answer}风格")
    return Question(text, accepted, answer, frozenset(key("style", shown, style) for shown in scene.nouns))


ASKERS: dict[str, Callable[[Voice, Scene], Question | None]] = {
    "name": ask_name,
    "what": ask_what,
    "where": ask_where,
    "count": ask_count,
    "ground": ask_ground,
    "yesno": ask_yesno,
    "relation": ask_relation,
    "beside": ask_beside,
    "bigger": ask_bigger,
    "style": ask_style,
}


def yes_or_no(
    voice: Voice,
    text: str,
    is_true: bool,
    thought: str,
    about: frozenset[str],
    answers: dict[str, tuple[str, str]] = wordings.YES_NO,
) -> Question:
    """A question whose answer is yes or no, in all the ways that both can be said."""
    also = wordings.ALSO_YES if is_true else wordings.ALSO_NO
    return Question(text, (answers[voice.language][not is_true], *also[voice.language]), thought, about)


def icon_of(thing: Placed) -> Icon:
    """The icon that stands there; everything in these scenes is one."""
    assert isinstance(thing.what, Icon)
    return thing.what


def singles(scene: Scene) -> list[Placed]:
    """The things whose noun comes only once."""
    return [thing for thing in scene.things if isinstance(thing.what, Icon) and scene.nouns.count(thing.what.noun) == 1]


def pick_single(voice: Voice, scene: Scene) -> Placed | None:
    """A thing whose noun comes only once, or None."""
    found = singles(scene)
    return voice.dice.pick(found) if found else None


def scene_to_ask_about(voice: Voice, family: str) -> Scene:
    """A random scene that allows such a question more often than not."""
    if family == "name":
        return _by_some_hand(voice, any_scene(voice, 1))
    if family in ("relation", "beside", "bigger"):
        return any_scene(voice, voice.dice.pick((2, 3, 4)))
    if family == "count" and voice.dice.chance(0.6):
        return any_scene(voice, voice.dice.pick((2, 3, 4)), nouns=voice.dice.some(ALL_NOUNS, 2))
    return any_scene(voice)


_HAND_SHARE = 0.7  # of the lone things in training that are not as their artist drew them


def _by_some_hand(voice: Voice, scene: Scene) -> Scene:
    """In training mostly the same thing drawn in a way that it never was."""
    if voice.split != "train" or not voice.dice.chance(_HAND_SHARE):
        return scene
    hand = 1 + int(voice.dice.rng.random() * NUM_HANDS)
    return replace(
        scene, things=tuple(replace(thing, what=replace(icon_of(thing), hand=hand)) for thing in scene.things)
    )


_SAME_FAMILY = 0.6  # of the further questions about a picture: an ability is learnt from much of it at once (LOG.md)


def _builder(family: str) -> Builder:
    def build(voice: Voice, options: EpisodeOptions) -> Episode | None:
        scene = scene_to_ask_about(voice, family)
        first = ASKERS[family](voice, scene)
        if first is None:
            return None
        asked = [first]
        for _ in range((options.num_questions or voice.dice.pick((1, 2, 3, 4))) - 1):
            another = family if voice.dice.chance(_SAME_FAMILY) else voice.dice.pick(tuple(ASKERS))
            further = ASKERS[another](voice, scene)
            if further and all(further.text != known.text for known in asked):
                asked.append(further)
        steps: list[Say | Show] = [Show(scene)]
        for question in asked:
            steps += [Say(question.text, then="text"), Say(question.answer, is_target=True)]
        about = set().union(*(question.about for question in asked))
        truth = {"scene": scene, "answer": first.answer, "accepted": first.accepted}
        return lesson(voice, f"question.{family}", steps, about, **truth)

    return build


BUILDERS: dict[str, Builder] = {f"question.{family}": _builder(family) for family in ASKERS}


def _related(voice: Voice, scene: Scene) -> tuple[Placed, str, Placed] | None:
    single = singles(scene)
    for _ in range(3 if len(single) > 1 else 0):
        first, second = voice.dice.some(single, 2)
        relation = clear_relation(first, second, is_place(str(scene.ground)))
        if relation:
            return first, relation, second
    return None


def _side_words(voice: Voice, first: Placed, relation: str, second: Placed) -> dict[str, str]:
    return {
        "first": grammar.the(voice.language, icon_of(first).noun),
        "relation": voice.dice.pick(RELATION_WORDS[voice.language][relation]),
        "second": grammar.the(voice.language, icon_of(second).noun),
    }


def _standing(voice: Voice, scene: Scene, things: tuple[Placed, ...]) -> str:
    lines = []
    for thing in things:
        area = area_of(thing, scene.ground)
        where = grammar.at(voice.language, area) if area else f"{thing.x}, {thing.y}"
        lines.append(fact(voice.language, grammar.bare(voice.language, icon_of(thing).noun), where))
    return SEMICOLON[voice.language].join(lines)
