"""What training and judging need of a world, whichever it is, and where the worlds are found by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from .episodes import Episode
from .lexicon import Lexicon

WORLDS: dict[str, str] = {
    "corners": "mindseye.worlds.corners",
    "town": "mindseye.worlds.town.world",
}
"""Name of a world to the module whose `WORLD` it is; loaded when it is asked for."""
DEFAULT_WORLD = "town"
"""Where none is named and no model says its own."""


@dataclass(frozen=True)
class World:
    """One pictured world."""

    name: str
    picture_size: int
    """Side of a picture in px, as it is judged."""
    splits: tuple[str, ...]
    kinds: tuple[str, ...]
    mix: Mapping[str, float]
    """Usual shares of the kinds."""
    thinks: tuple[str, ...]
    """Tasks before which models of this world had better think: "ask", "draw", "edit"."""
    sample_episode: Callable[..., Episode]
    """(rng, split, kind, language, mix, options) -> a random episode."""
    sample_scene: Callable[[np.random.Generator, str], Any]
    """(rng, split) -> a random scene of any sort."""
    render: Callable[[Any, int], np.ndarray]
    """(scene, side) -> (side, side, 3) uint8."""
    words: tuple[str, ...]
    """Words that shall be tokens of their own."""
    patch_questions: Mapping[str, tuple[str, ...]]
    """What the eyes are asked about every patch, and the possible answers."""
    misses: Mapping[str, Callable[..., np.ndarray | None]]
    """Name of a near miss to (dice, scene) -> pixels with one thing wrong, or None where the scene allows none."""
    objections: Callable[[np.ndarray, Mapping[str, Any]], tuple[str, ...]]
    """(pixels, truth) -> what is wrong with a picture; nothing where it is what was asked for."""
    kept_db: Callable[[np.ndarray, Any, Any], float | None]
    """(pixels, scene before, scene after) -> PSNR in dB over what should have stayed, None where nothing should."""

    def __reduce__(self) -> tuple[Callable[[str], World], tuple[str]]:
        """To another process goes the name."""
        return world_called, (self.name,)

    lexicon: Lexicon
    is_foreign: Callable[[np.ndarray], bool]
    """(pixels of its own size) -> whether no scene of this world looks like that."""
    told: Callable[[Any, str], str]
    """(scene, language) -> the scene in words."""
    patch_truth: Callable[[Any, int], dict[str, np.ndarray]]
    """(scene, patches a side) -> the index of the right answer for each patch, (rows, columns), by question."""
    naming: str
    """The question to a patch that asks for a name."""
    names: Mapping[str, tuple[str, ...]]
    """Language to the name for each answer to `naming`; "" for what has none."""

    def patch_names(self, scene: Any, per_side: int) -> dict[str, np.ndarray]:
        """The name of what each patch shows, (rows, columns), by language; "" for nothing."""
        answers = self.patch_truth(scene, per_side)[self.naming]
        return {language: np.array(names)[answers] for language, names in self.names.items()}


def world_called(name: str) -> World:
    """The world of that name; InputError names the nearest known one."""
    if name not in WORLDS:
        raise InputError(f'unknown world "{name}"{nearest(name, WORLDS)}; known: {", ".join(WORLDS)}')
    return importlib.import_module(WORLDS[name]).WORLD


def sample_sentences(world: World, rng: np.random.Generator, count: int) -> list[str]:
    """The texts of `count` random training episodes, to train a tokenizer on; targets and requests alike."""
    return [text for _ in range(count) for text in world.sample_episode(rng, "train").texts]
