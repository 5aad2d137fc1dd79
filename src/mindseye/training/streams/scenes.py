"""A stream of scenes of a pictured world for a model with eyes: what the one thing is, and what all is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import PIL.Image

from ...inputs.image_processors import SquareTransforms
from ...inputs.segments import TextSegment, VitSegment
from ...settings import check_ranges
from ...worlds.world import DEFAULT_WORLD, World
from ..lessons import Lesson, Taught
from ..objectives.grafted import SeenBatch, pack_seen
from .exhibit import Exhibit, asked
from .sights import Sight, SightReader

NAMING = ("What is in the picture?", "What is this?", "Name the thing in the picture.")
HELD_OUT = ("validation", "test")
EXHIBITION = 3  # of dice
DESCRIBING = ("Describe the picture.", "What do you see?", "Describe this image.")


@dataclass(frozen=True)
class SceneSettings:
    """What a batch of scenes is made of."""

    world: str = DEFAULT_WORLD
    split: str = "train"
    batch_size: int = 16
    single_share: float = 0.5
    """How many of the scenes hold one thing only."""
    naming_share: float = 0.7
    """How often the question about such a scene is what the thing is."""

    def __post_init__(self) -> None:
        check_ranges(self, batch_size=(1, 100_000), single_share=(0.0, 1.0), naming_share=(0.0, 1.0))


@dataclass(frozen=True)
class SceneStream:
    """Batches by number; each also holds the scenes' captions for the contrastive loss, where that is wanted.

    Batch n of size b holds what batches 2 n and 2 n + 1 of size b / 2 hold, so that two processes learn what one does.
    """

    settings: SceneSettings
    world: World
    reader: SightReader
    transforms: SquareTransforms
    seed: int
    with_texts: bool = False

    def __getitem__(self, number: int) -> SeenBatch:
        size = self.settings.batch_size
        dice = [np.random.default_rng((self.seed, number * size + i)) for i in range(size)]
        scenes = [self.scene(rng) for rng in dice]
        lessons = [self.reader.lesson(self.sight(scene, rng)) for scene, rng in zip(scenes, dice, strict=True)]
        texts = [text_before_placeholder(self.reader, told(self.world, scene)) for scene in scenes]
        return pack_seen(lessons, texts if self.with_texts else ())

    def scene(self, rng: np.random.Generator) -> Any:
        """A random scene of the split, with one thing or any number."""
        if rng.random() < self.settings.single_share:
            return single_scene(self.world, rng, self.settings.split)
        return icon_scene(self.world, rng, self.settings.split)

    def sight(self, scene: Any, rng: np.random.Generator) -> Sight:
        """The picture of a scene with one question."""
        return Sight((self.transforms.pixels(self.drawn(scene)),), (self.turn(scene, rng),))

    def turn(self, scene: Any, rng: np.random.Generator) -> tuple[str, str]:
        """A question about a scene and its answer."""
        if len(scene.things) == 1 and rng.random() < self.settings.naming_share:
            return pick(rng, NAMING), f"A picture of {name_in(self.world, scene)}."
        return pick(rng, DESCRIBING), told(self.world, scene)

    def drawn(self, scene: Any) -> PIL.Image.Image:
        """The picture of a scene."""
        return PIL.Image.fromarray(self.world.render(scene, self.world.picture_size))

    def exhibits(self, count: int) -> list[Exhibit]:
        """Scenes of a split from which nothing is learnt, the same ones for every seed."""
        split = next(split for split in HELD_OUT if split != self.settings.split)
        held_out = replace(self, settings=replace(self.settings, split=split))
        found = []
        for number in range(count):
            rng = np.random.default_rng((EXHIBITION, number))
            scene = held_out.scene(rng)
            found.append(asked(self.drawn(scene), *self.turn(scene, rng)))
        return found


def single_scene(world: World, rng: np.random.Generator, split: str) -> Any:
    """A random scene with exactly one thing."""
    while True:
        scene = icon_scene(world, rng, split)
        if len(scene.things) == 1:
            return scene


def icon_scene(world: World, rng: np.random.Generator, split: str) -> Any:
    """A random scene in which everything has a noun: no people, no stages, no streets."""
    while True:
        scene = world.sample_scene(rng, split)
        is_still = isinstance(getattr(scene, "ground", ""), str)
        if is_still and all(is_icon(thing) for thing in scene.things):
            return scene


def is_icon(thing: Any) -> bool:
    """Whether a thing of any world is a noun, drawn as it is."""
    return hasattr(thing, "noun") or (hasattr(thing.what, "noun") and thing.what.state == "whole")


def told(world: World, scene: Any) -> str:
    """The whole scene as a sentence."""
    words = world.told(scene, "en")
    return f"{words[0].upper()}{words[1:]}."


def name_in(world: World, scene: Any) -> str:
    """The one thing of a scene with its article: the caption up to where it stands."""
    noun = noun_of(scene.things[0])
    before, _, _ = world.told(scene, "en").partition(noun)
    return before + noun


def noun_of(thing: Any) -> str:
    """What a thing of any world is."""
    return thing.noun if hasattr(thing, "noun") else thing.what.noun


def pick(rng: np.random.Generator, choices: Sequence[str]) -> str:
    """One of them."""
    return choices[int(rng.integers(len(choices)))]


def text_before_placeholder(reader: SightReader, text: str) -> Lesson:
    """A text and the place behind it whose state stands for the whole text."""
    segment = TextSegment(tuple(reader.tokenizer.encode(text)))
    place = VitSegment(None, 1, reader.prompt_format.image_frame, b"")  # type: ignore[arg-type]
    return (Taught(segment), Taught(place))
