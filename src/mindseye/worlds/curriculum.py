"""All that can be asked in this world, in one bag: pick an episode of any kind, language and split."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import InputError
from . import actions, captions, drawings, edits, questions, reasoning, talks, thoughts
from .dice import Dice
from .episodes import Builder, Episode, EpisodeOptions
from .language import LANGUAGES, check_language
from .mixing import pick_kind
from .sampling import check_split, split_of

_BUILDERS: dict[str, Builder] = {
    kind: builder
    for family in (captions, questions, drawings, edits, actions, thoughts, reasoning, talks)
    for kind, builder in family.BUILDERS.items()
}
KINDS: tuple[str, ...] = tuple(_BUILDERS)
MIX: Mapping[str, float] = {
    "caption": 2.0,
    "question": 5.0,
    "draw": 6.0,
    "edit": 4.0,
    "action": 2.0,
    "think": 2.0,
    "reason": 1.0,
    "reason.words": 0.5,
}
"""Shares of the kinds; the share of a family ("draw") is divided evenly among those not named themselves."""

_MAX_THROWS = 10_000
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
    split: "train" shows no held-out combination of words in any picture, "validation" and "test" show one of theirs.
    Raises InputError for unknown words.
    """
    check_split(split)
    dice = Dice(rng)
    if language is None:
        language = dice.pick(LANGUAGES)
    check_language(language)
    chosen = pick_kind({kind: 1.0} if kind else (mix or MIX), KINDS, rng.random())
    for _ in range(_MAX_THROWS):
        episode = _BUILDERS[chosen](dice, language, options)
        if episode and split_of(episode.scenes) == split:
            return episode
    raise InputError(f"found no {split} episode of kind {chosen} in {_MAX_THROWS} throws")
