"""Say what the picture shows: every thing with its place, and the background.

A caption is also a request that draws the same picture again: unsaid sizes are big.
"""

from __future__ import annotations

from .dice import Dice
from .episodes import Builder, Episode, EpisodeOptions, Say, Show
from .language import NOTHING, as_typed, at, colour, listing, one
from .sampling import any_scene
from .scenes import Scene

REQUESTS = {
    "en": (("describe the picture", "."), ("describe this image", "."), ("what do you see", "?")),
    "zh": (("描述这张图", "."), ("描述这张图片", "."), ("你看到了什么", "?")),
}
_EMPTY_SHARE = 0.03


def caption(language: str, scene: Scene) -> str:
    """The whole truth about a scene: "a cat at the top left and a small dog ... on a blue background"."""
    said = [None if thing.size == "big" else thing.size for thing in scene.things]
    ground = colour(language, scene.background)
    if language == "zh":
        parts = [at(language, thing.place) + one(language, thing.noun, size) for thing, size in zip(scene.things, said)]
        return "，".join([f"{ground}背景", *(parts or [NOTHING[language]])])
    parts = [
        f"{one(language, thing.noun, size)} {at(language, thing.place)}" for thing, size in zip(scene.things, said)
    ]
    return (
        f"{listing(language, parts) or NOTHING[language]} on {'an' if ground == 'orange' else 'a'} {ground} background"
    )


def _caption(dice: Dice, language: str, options: EpisodeOptions) -> Episode:
    scene = any_scene(dice.rng, 0 if dice.chance(_EMPTY_SHARE) else None)
    request, mark = dice.pick(REQUESTS[language])
    answer = caption(language, scene)
    steps = (
        Show(scene),
        Say(as_typed(dice, language, request, mark), then="text"),
        Say(answer, is_target=True),
    )
    return Episode("caption", language, steps, {"scene": scene, "answer": answer, "accepted": (answer,)})


BUILDERS: dict[str, Builder] = {"caption": _caption}
