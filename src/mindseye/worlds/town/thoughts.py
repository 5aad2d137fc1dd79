"""Think first: write a plan before drawing, where the thing is before changing it, or what is seen before answering."""

from __future__ import annotations

from ..episodes import Episode, EpisodeOptions, Say, Show
from ..grammar import SEMICOLON, fact
from . import language as grammar
from .areas import area_of, in_reading_order, size_word
from .drawings import DRAFTS, request
from .edits import CHANGES, scene_to_change
from .lessons import Builder, lesson
from .questions import ASKERS, icon_of, scene_to_ask_about
from .scenes import Scene
from .voice import Voice


def plan(language: str, scene: Scene) -> str:
    """The scene as a list: "cat: at the top left; small dog: on the right; on a blue background"."""
    lines = []
    for thing in in_reading_order(scene):
        bare = grammar.bare(language, icon_of(thing).noun, size_word(thing.size))
        area = area_of(thing, scene.ground)
        lines.append(fact(language, bare, grammar.at(language, area)) if area else bare)
    return SEMICOLON[language].join([*lines, grammar.on_ground(language, str(scene.ground))])


def _draw(voice: Voice, options: EpisodeOptions) -> Episode:
    asked = request(voice, voice.dice.pick(tuple(DRAFTS)))
    thought = f"<think>{plan(voice.language, asked.scene)}</think>"
    steps: list[Say | Show] = [Say(options.system_prompts["think_draw"]), Say(asked.text, then="text")]
    steps += [Say(thought, is_target=True, then="image"), Show(asked.scene, is_target=True)]
    return lesson(voice, "think.draw", steps, set(asked.about), scene=asked.scene, wish=asked.wish)


def _edit(voice: Voice, options: EpisodeOptions) -> Episode | None:
    before = scene_to_change(voice, voice.dice.pick((2, 2, 3, 3, 4, 5)))
    change = CHANGES[voice.dice.pick(("remove", "replace", "move"))](voice, before)
    if change is None or change.thing is None:
        return None
    area = area_of(change.thing, before.ground)
    if area is None:
        return None
    bare = grammar.bare(voice.language, icon_of(change.thing).noun)
    thought = f"<think>{fact(voice.language, bare, grammar.at(voice.language, area))}</think>"
    steps: list[Say | Show] = [Say(options.system_prompts["think_draw"]), Show(before), Say(change.text, then="text")]
    steps += [Say(thought, is_target=True, then="image"), Show(change.after, is_target=True)]
    return lesson(voice, "think.edit", steps, set(change.about), before=before, scene=change.after)


def _question(voice: Voice, options: EpisodeOptions) -> Episode | None:
    family = voice.dice.pick(tuple(ASKERS))
    scene = scene_to_ask_about(voice, family)
    asked = ASKERS[family](voice, scene)
    if asked is None:
        return None
    steps: list[Say | Show] = [Say(options.system_prompts["think_answer"]), Show(scene), Say(asked.text, then="text")]
    steps.append(Say(f"<think>{asked.thought}</think>{asked.answer}", is_target=True))
    truth = {"scene": scene, "answer": asked.answer, "accepted": asked.accepted}
    return lesson(voice, "think.question", steps, set(asked.about), **truth)


BUILDERS: dict[str, Builder] = {"think.draw": _draw, "think.edit": _edit, "think.question": _question}
