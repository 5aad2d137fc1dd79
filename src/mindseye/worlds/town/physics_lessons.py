"""Lessons of everyday physics: what comes of it, is it so, and the same verdict imagined first or given at once."""

from __future__ import annotations

from ..episodes import Episode, EpisodeOptions, Say, Show
from ..grammar import AT_ONCE, FINAL, as_typed
from .lessons import Builder, answered, changed, lesson
from .physics import RULES, Case, Stage
from .physics_actions import ACTIONS
from .physics_questions import QUESTIONS
from .physics_thoughts import thought_of
from .puzzles import in_a_row
from .question_words import YES_NO
from .questions import yes_or_no
from .voice import Voice


def any_case(voice: Voice) -> Case:
    """A rule at work, each as likely."""
    return RULES[voice.dice.pick(tuple(RULES))](Stage(voice))


def action_words(voice: Voice, case: Case) -> str:
    """The action as told, bare."""
    return voice.word(ACTIONS[case.rule], **dict(case.words))


def question_words(voice: Voice, case: Case) -> str:
    """The question about what has come of it, bare."""
    return voice.word(QUESTIONS[case.rule], **dict(case.words))


def _after(voice: Voice, options: EpisodeOptions) -> Episode:
    """Before and an action give after."""
    case = any_case(voice)
    steps = changed(case.before, as_typed(voice.dice, voice.language, action_words(voice, case)), case.after)
    truth = {"before": case.before, "scene": case.after, "rule": case.rule, "thought": thought_of(voice, case)}
    return lesson(voice, "physics.after", steps, set(case.about), **truth)


def _look(voice: Voice, options: EpisodeOptions) -> Episode:
    """A question about a picture of after."""
    case = any_case(voice)
    text = as_typed(voice.dice, voice.language, question_words(voice, case), "?")
    question = yes_or_no(voice, text, case.is_yes, "", case.about)
    truth = {"scene": case.after, "answer": question.answer, "accepted": question.accepted, "rule": case.rule}
    steps = answered(case.after, text, question.answer)
    return lesson(voice, "physics.look", steps, set(case.about), **truth)


def _verdict(is_pictured: bool) -> Builder:
    """An action and its question at once; with what comes of it thought and drawn between, or without."""

    def build(voice: Voice, options: EpisodeOptions) -> Episode:
        case = any_case(voice)
        action, question = action_words(voice, case), question_words(voice, case)
        puzzle = in_a_row(voice.language, [action], question)
        right = yes_or_no(voice, puzzle, case.is_yes, "", case.about)
        steps: list[Say | Show] = [Show(case.before)]
        if is_pictured:
            steps.append(Say(puzzle, then="text"))
            steps += [Say(thought_of(voice, case), is_target=True, then="image"), Show(case.after, is_target=True)]
        else:
            steps.append(Say(puzzle + AT_ONCE[voice.language], then="text"))
        steps.append(Say(FINAL[voice.language] + YES_NO[voice.language][not case.is_yes], is_target=True))
        truth = {"before": case.before, "scene": case.after, "scenes": (case.after,), "rule": case.rule}
        kind = "physics.imagine" if is_pictured else "physics.at_once"
        return lesson(voice, kind, steps, set(case.about), answer=right.answer, accepted=right.accepted, **truth)

    return build


BUILDERS: dict[str, Builder] = {
    "physics.after": _after,
    "physics.look": _look,
    "physics.imagine": _verdict(True),
    "physics.at_once": _verdict(False),
}
