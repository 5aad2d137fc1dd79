"""Pictures of a world with captions and questions, as rows to learn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image

from ..errors import InputError
from ..pictures import to_png
from ..worlds.episodes import Episode, EpisodeOptions, Say, Show
from ..worlds.grammar import LANGUAGES, check_language
from ..worlds.mixing import kinds_called
from ..worlds.rows import describe
from ..worlds.world import World, world_called
from .writing import Prepared

USUAL_KINDS = ("caption", "question")
MOST_THROWS = 5_000  # episodes looked at for one that is wanted


@dataclass(frozen=True)
class Scenes:
    """Which pictures. num: rows for training; num_held_out: for validation, and for the test. num_things: in a
    scene, None for any. side: px of a picture, None for the world's own.
    """

    world: str = "town"
    kinds: tuple[str, ...] = USUAL_KINDS
    num: int = 1000
    num_held_out: int = 100
    languages: tuple[str, ...] = ("en",)
    num_things: int | None = None
    seed: int = 0
    side: int | None = None

    def __post_init__(self) -> None:
        for language in self.languages:
            check_language(language)
        if self.num < 1 or self.num_held_out < 0:
            raise InputError(f"num is {self.num}, num_held_out {self.num_held_out}; expected 1 and 0 or more")
        if self.num_things is not None and not 1 <= self.num_things <= 6:
            raise InputError(f"num_things is {self.num_things}; expected 1 to 6")
        if self.side is not None and not 32 <= self.side <= 1024:
            raise InputError(f"side is {self.side}; expected 32 to 1024 px")
        if not self.languages:
            raise InputError(f"no language is named; expected some of {', '.join(LANGUAGES)}")


def scene_rows(scenes: Scenes) -> Iterator[Prepared]:
    """Rows of all splits, as many of each kind or family; each depends on the seed, its split and its number alone.

    InputError for kinds that are no questions about one picture.
    """
    world = world_called(scenes.world)
    families = [kinds_called([name], world.kinds) for name in scenes.kinds]
    for place, split in enumerate(world.splits):
        for number in range(scenes.num if split == "train" else scenes.num_held_out):
            rng = np.random.default_rng((scenes.seed, place, number))
            turn, family = number // len(families), families[number % len(families)]
            language = scenes.languages[turn % len(scenes.languages)]
            kinds = (family[(turn + throw) % len(family)] for throw in range(MOST_THROWS))
            episode = _episode(world, rng, (split, language), kinds, scenes.num_things)
            yield _row(world, episode, (split, number), scenes.side)


def _episode(
    world: World, rng: np.random.Generator, place: tuple[str, str], kinds: Iterator[str], num_things: int | None
) -> Episode:
    """The first episode that fits; kinds take turns, since some never have so few things, or so many."""
    split, language = place
    options = EpisodeOptions(num_questions=1)
    for kind in kinds:
        episode = world.sample_episode(rng, split, kind, language, options=options)
        if not _is_about_one_picture(episode):
            raise InputError(f"{kind} is no question about one picture; expected kinds such as caption and question")
        if num_things in (None, len(episode.scenes[0].things)):
            return episode
    raise InputError(f"found no {split} episode of these kinds with {num_things} things; ask for another number")


def _is_about_one_picture(episode: Episode) -> bool:
    """A picture that is given, then requests and answers in words."""
    first, *rest = episode.steps
    return isinstance(first, Show) and not first.is_target and all(isinstance(step, Say) for step in rest)


def _row(world: World, episode: Episode, place: tuple[str, int], side: int | None) -> Prepared:
    split, number = place
    sample_id = f"{world.name}-{split}-{number:06d}"
    turns = [
        {"from": "gpt" if step.is_target else "human", "value": step.text}
        for step in episode.steps
        if isinstance(step, Say)
    ]
    turns[0]["value"] = f"<image>\n{turns[0]['value']}"
    accepted = list(episode.truth.get("accepted", ()))
    fields: dict[str, Any] = {
        "sample_id": sample_id,
        "split": split,
        "source": f"world-{world.name}",
        "kind": episode.kind,
        "language": episode.language,
        "conversations": turns,
        "captions": accepted if episode.kind == "caption" else [],
        "accepted": accepted,
        "truth": {name: describe(value) for name, value in episode.truth.items()},
    }
    pixels = world.render(episode.scenes[0], side or world.picture_size)
    return Prepared(fields, to_png(PIL.Image.fromarray(pixels)), f"{sample_id}.png")
