"""One request whose right answer is known, and how requests are grouped and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

import numpy as np
import PIL.Image

from ..errors import InputError
from ..generation.policies import WhenToDraw
from ..messages import Message
from ..worlds.dice import Dice
from ..worlds.episodes import Episode, EpisodeOptions, Say, Show
from ..worlds.world import World, world_called

STREAM = 0x6A756467  # sets the judge's random streams apart from those of training
FINAL_PHRASES = ("Final Answer:", "最终答案")

Task = Literal["ask", "draw", "edit", "generate", "chat", "tell", "redraw", "see"]
"""The verbs of a model, and: chat (the first line of one), tell (the story is given up to its last text), redraw
(encode, decode), see (nothing)."""

FREELY = WhenToDraw("model", max_rounds=2, max_images=1)
FORCED = WhenToDraw("force", write_first=False)
REASONING = WhenToDraw("model", max_rounds=6, max_images=4, final_phrases=FINAL_PHRASES)
ONE_QUESTION = EpisodeOptions(num_questions=1)


@dataclass(frozen=True)
class Exam:
    """One request whose right answer is known."""

    kind: str
    task: Task
    episode: Episode
    seed: int
    think: bool | None = None
    """None as the model does of itself."""
    when_to_draw: WhenToDraw = field(default_factory=WhenToDraw)
    world_name: str = field(kw_only=True)

    @property
    def world(self) -> World:
        """The world that it is about."""
        return world_called(self.world_name)

    @property
    def language(self) -> str:
        """ "en" or "zh"."""
        return self.episode.language

    @property
    def given(self) -> tuple[Say | Show, ...]:
        """The steps that the model is shown: all before its first own one, without the system prompt."""
        steps = self.episode.told
        if self.task == "tell" or "talk" in self.kind:
            return steps[:-1]
        targets = [number for number, step in enumerate(steps) if step.is_target]
        return steps[: targets[0]] if targets else steps

    @property
    def items(self) -> list[str | PIL.Image.Image]:
        """What is given, as texts and pictures."""
        return [step.text if isinstance(step, Say) else self.picture_of(step.scene) for step in self.given]

    @property
    def messages(self) -> list[Message]:
        """What is given, with the roles of those who said and drew it."""
        roles = ["assistant" if step.is_target else "user" for step in self.given]
        pairs = zip(roles, self.items, strict=True)
        return [Message(role, [item for _, item in some]) for role, some in groupby(pairs, lambda pair: pair[0])]

    @property
    def seen(self) -> PIL.Image.Image:
        """What an exam of the judge's eye shows it: the true picture, or the near miss that its kind names."""
        scene = self.episode.truth["scene"]
        if not self.kind.startswith("miss."):
            return self.picture_of(scene)
        pixels = near_miss(self.world, self.kind.split(".")[1], scene, self.seed)
        if pixels is None:
            raise InputError(f"exam {self.seed} of {self.kind} has a scene that allows no such miss")
        return PIL.Image.fromarray(pixels)

    def picture_of(self, scene: Any) -> PIL.Image.Image:
        """The true picture of a scene."""
        return PIL.Image.fromarray(self.world.render(scene, self.world.picture_size))


def near_miss(world: World, name: str, scene: Any, seed: int) -> np.ndarray | None:
    """Pixels with one thing wrong, or None where the scene allows no such miss."""
    return world.misses[name](Dice(np.random.default_rng((STREAM, seed))), scene)


@dataclass(frozen=True)
class Asked:
    """Which exams: the same seed asks the same."""

    seed: int
    split: str = "test"


@dataclass(frozen=True)
class Group:
    """Kinds that are told together; `is_summed` where their sum means something."""

    name: str
    kinds: tuple[str, ...]
    is_summed: bool = True


@dataclass(frozen=True)
class Syllabus:
    """All that is asked about one world."""

    groups: tuple[Group, ...]
    make: Callable[[str, int, Asked, Sequence[str]], Exam]
    """(kind, number, what is asked, languages) -> an exam."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind of exam, in order."""
        return tuple(kind for group in self.groups for kind in group.kinds)


def eye_group(world: World) -> Group:
    """The judge's own eye: true pictures, redrawn ones, and near misses."""
    return Group("eye", ("eye.true", "eye.redrawn", *(f"miss.{name}" for name in world.misses)), is_summed=False)


def eye_exam(world: World, kind: str, number: int, asked: Asked, language: str) -> Exam:
    """A picture that the eye must accept or refuse; a scene is thrown again until it allows the near miss."""
    for attempt in range(1000):
        stream = np.random.default_rng((STREAM, asked.seed, 0x657965, number, attempt))
        scene = world.sample_scene(stream, asked.split)
        if not kind.startswith("miss.") or near_miss(world, kind.split(".")[1], scene, number) is not None:
            break
    episode = Episode("eye", language, (Show(scene),), {"scene": scene})
    return Exam(kind, "redraw" if kind == "eye.redrawn" else "see", episode, number, world_name=world.name)
