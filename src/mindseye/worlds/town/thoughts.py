"""Think first: a plan before drawing, what is where before a change, what is seen before an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..episodes import Episode, EpisodeOptions, Say, Show
from ..grammar import SEMICOLON, fact
from . import edits, physics_lessons, walk_lessons, wearing
from . import language as grammar
from .areas import area_of, in_reading_order
from .drawings import DRAFTS, request
from .lessons import Builder, lesson
from .questions import ASKERS, icon_of, scene_to_ask_about
from .scenes import Scene
from .voice import Voice


def plan(language: str, scene: Scene) -> str:
    """The scene as a list: "cat: at the top left; dog: on the right; on a blue background"."""
    lines = []
    for thing in in_reading_order(scene):
        bare = grammar.bare(language, icon_of(thing).noun)
        area = area_of(thing, scene.ground)
        lines.append(fact(language, bare, grammar.at(language, area)) if area else bare)
    return SEMICOLON[language].join([*lines, grammar.on_ground(language, str(scene.ground))])


def _draw(voice: Voice, options: EpisodeOptions) -> Episode:
    asked = request(voice, voice.dice.pick(tuple(DRAFTS)))
    thought = f"<think>{plan(voice.language, asked.scene)}</think>"
    steps: list[Say | Show] = [Say(options.system_prompts["think_draw"]), Say(asked.text, then="text")]
    steps += [Say(thought, is_target=True, then="image"), Show(asked.scene, is_target=True)]
    return lesson(voice, "think.draw", steps, set(asked.about), scene=asked.scene, wish=asked.wish)


def _thought_out(kind: str, plain: Mapping[str, Builder], picks: tuple[str, ...]) -> Builder:
    """One of the plain lessons that end in a picture, with the thought of its truth written first."""

    def build(voice: Voice, options: EpisodeOptions) -> Episode | None:
        episode = plain[voice.dice.pick(picks)](voice, options)
        if episode is None:
            return None
        *given, request, target = episode.steps
        assert isinstance(request, Say)
        thought = Say(f"<think>{episode.truth['thought']}</think>", is_target=True, then="image")
        steps = [Say(options.system_prompts["think_draw"]), *given, replace(request, then="text"), thought, target]
        return replace(episode, kind=kind, steps=tuple(steps))

    return build


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


_EDITS = (
    "remove",
    "remove",
    "replace",
    "replace",
    "move",
    "move",
    "move",
    "add",
    "recolour",
    "travel",
    "restyle",
    "restyle",
)
BUILDERS: dict[str, Builder] = {
    "think.draw": _draw,
    "think.edit": _thought_out("think.edit", edits.BUILDERS, tuple(f"edit.{name}" for name in _EDITS)),
    "think.physics": _thought_out("think.physics", physics_lessons.BUILDERS, ("physics.after",)),
    "think.walk": _thought_out("think.walk", walk_lessons.BUILDERS, ("walk.next",)),
    "think.wear": _thought_out("think.wear", wearing.BUILDERS, ("wear.put", "wear.dress", "wear.keep")),
    "think.question": _question,
}
