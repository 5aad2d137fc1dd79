"""Say what the picture shows: every thing with its area, and the ground; not how big things are."""

from __future__ import annotations

from ..episodes import Episode, EpisodeOptions
from ..grammar import listing
from . import language as grammar
from .areas import area_of, in_reading_order
from .drawables import Icon
from .layout import any_scene
from .lessons import Builder, answered, lesson
from .scenes import Scene
from .splits import keys_of
from .voice import Voice, Wordings

_REQUESTS: Wordings = {
    "en": (
        "say all that you see here",
        "say in words what you see",
        "say what the picture shows",
        "tell me what is shown",
        "write a caption",
        "say it all in words",
        "describe all you see",
        "tell me what you see, all of it",
        "describe the picture",
        "describe this image",
        "say what is shown",
        "describe what you see",
        "tell me about the picture",
        "describe it all",
        "put the picture into words",
        "give a caption",
        "say what you see",
        "tell me all you see",
    ),
    "zh": (
        "说说图里都有什么内容",
        "请说说这张图片",
        "把图片说成文字",
        "描述一下图里的一切",
        "写出图片的内容",
        "说说你看到的一切",
        "描述这张图",
        "描述这张图片",
        "说说图里的内容",
        "请描述图片",
        "说说这张图",
        "用文字描述图片",
        "描述你看到的",
        "写一句图片说明",
        "说出你看到的一切",
        "图片里的内容是什么",
        "说说你看到了什么",
    ),
}


def caption(language: str, scene: Scene) -> str | None:
    """The whole truth: "a cat at the top left and a dog ... on a blue background"; None where it is unclear."""
    things = in_reading_order(scene)
    areas = [area_of(thing, scene.ground) for thing in things]
    if None in areas:
        return None
    parts = []
    for area, thing in zip(areas, things, strict=True):
        if not isinstance(thing.what, Icon):
            return None
        one, where = grammar.one(language, thing.what.noun), grammar.at(language, str(area))
        parts.append(f"{one} {where}" if language == "en" else where + one)
    ground = grammar.on_ground(language, str(scene.ground))
    if language == "zh":
        return "，".join([ground, *parts])
    return f"{listing(language, parts) or grammar.NOTHING[language]} {ground}"


def _caption(voice: Voice, options: EpisodeOptions) -> Episode | None:
    scene = any_scene(voice, voice.dice.pick((1, 2, 2, 3, 3, 4)))
    answer = caption(voice.language, scene)
    if answer is None:
        return None
    about = keys_of(scene)
    steps = answered(scene, voice.tell(_REQUESTS), answer)
    return lesson(voice, "caption", steps, about, scene=scene, answer=answer, accepted=(answer,))


BUILDERS: dict[str, Builder] = {"caption": _caption}
