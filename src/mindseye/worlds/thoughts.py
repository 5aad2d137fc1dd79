"""Think first: write a plan before drawing, or what is seen before answering."""

from __future__ import annotations

from . import language as grammar
from .dice import Dice
from .drawings import REQUESTS
from .episodes import Builder, Episode, EpisodeOptions, Say, Show
from .questions import ASKERS, ask, scene_to_ask_about
from .scenes import Scene


def plan(language: str, scene: Scene) -> str:
    """The scene as a list: "cat: top left; small dog: bottom left; background: blue"."""
    lines = [
        grammar.fact(
            language,
            grammar.bare(language, thing.noun, "small" if thing.size == "small" else None),
            grammar.place_words(language, thing.place),
        )
        for thing in scene.things
    ]
    ground = grammar.colour(language, scene.background)
    lines.append(grammar.fact(language, grammar.BACKGROUND[language], ground))
    return grammar.SEMICOLON[language].join(lines)


def _draw_builder(family: str) -> Builder:
    def build(dice: Dice, language: str, options: EpisodeOptions) -> Episode:
        request = REQUESTS[family](dice, language)
        steps = (
            Say(options.system_prompts["think_draw"]),
            Say(request.text, then="text"),
            Say(f"<think>{plan(language, request.scene)}</think>", is_target=True, then="image"),
            Show(request.scene, is_target=True),
        )
        return Episode(f"think.{family}", language, steps, {"scene": request.scene, "wish": request.wish})

    return build


def _think_question(dice: Dice, language: str, options: EpisodeOptions) -> Episode | None:
    family = dice.pick(tuple(ASKERS))
    scene = scene_to_ask_about(dice, family)
    question = ask(dice, language, scene, family)
    if question is None:
        return None
    steps = (
        Say(options.system_prompts["think_answer"]),
        Show(scene),
        Say(question.text, then="text"),
        Say(f"<think>{question.thought}</think>{question.answer}", is_target=True),
    )
    truth = {
        "scene": scene,
        "answer": question.answer,
        "accepted": question.accepted,
        "questions": (question,),
    }
    return Episode("think.question", language, steps, truth)


BUILDERS: dict[str, Builder] = {
    **{f"think.{family}": _draw_builder(family) for family in REQUESTS},
    "think.question": _think_question,
}
