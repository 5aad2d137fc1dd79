"""All that can be asked in the town, in one bag: pick an episode of any kind, language and split."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...errors import InputError
from ..dice import Dice
from ..episodes import Episode, EpisodeOptions
from ..grammar import LANGUAGES, check_language
from ..mixing import pick_kind
from . import (
    captions,
    characters,
    drawings,
    edits,
    physics_lessons,
    puzzles,
    questions,
    talks,
    thoughts,
    walk_lessons,
    wearing,
)
from .layout import NoSceneError
from .lessons import Builder
from .splits import belongs, check_split
from .visible import is_visible
from .voice import Voice

_FAMILIES = (
    captions,
    questions,
    drawings,
    edits,
    physics_lessons,
    walk_lessons,
    wearing,
    characters,
    puzzles,
    thoughts,
    talks,
)
_BUILDERS: dict[str, Builder] = {kind: builder for family in _FAMILIES for kind, builder in family.BUILDERS.items()}
KINDS: tuple[str, ...] = tuple(_BUILDERS)
MIX: Mapping[str, float] = {
    "caption": 1.0,
    "question": 4.0,
    "draw": 4.0,
    "edit": 4.0,
    "physics": 3.0,
    "walk": 3.0,
    "wear": 2.5,
    "character": 2.0,
    "puzzle": 2.0,
    "think": 1.0,
    "talk": 3.0,
}
"""Shares of the kinds; the share of a family ("draw") is divided evenly among those not named themselves."""

_MAX_THROWS = 20_000
_DEFAULT_OPTIONS = EpisodeOptions()


def sample_episode(
    rng: np.random.Generator,
    split: str = "train",
    kind: str | None = None,
    language: str | None = None,
    mix: Mapping[str, float] | None = None,
    options: EpisodeOptions = _DEFAULT_OPTIONS,
) -> Episode:
    """A random episode.

    kind: one of KINDS, or a family such as "draw"; None picks by `mix` (kinds or families to weights).
    language: "en" or "zh"; None picks one, each as likely.
    split: "train" touches no held-out combination; "validation" and "test" are about at least one of their own.
    Raises InputError for unknown words.
    """
    check_split(split)
    dice = Dice(rng)
    if language is None:
        language = dice.pick(LANGUAGES)
    check_language(language)
    chosen = pick_kind({kind: 1.0} if kind else (mix or MIX), KINDS, rng.random())
    for _ in range(_MAX_THROWS):
        episode = _throw(chosen, Voice(dice, language, split), options)
        if episode and belongs(episode.truth["about"], episode.scenes, split) and all(map(is_visible, episode.scenes)):
            return episode
    raise InputError(f"found no {split} episode of kind {chosen} in {_MAX_THROWS} throws")


def _throw(kind: str, voice: Voice, options: EpisodeOptions) -> Episode | None:
    """An episode if this throw gave one."""
    try:
        return _BUILDERS[kind](voice, options)
    except NoSceneError:
        return None
