"""What every family of requests hands back: steps, and the truth with what the request is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..episodes import Episode, EpisodeOptions, Say, Show
from .scenes import Scene
from .voice import Voice

Builder = Callable[[Voice, EpisodeOptions], Episode | None]
"""From a voice to an episode, or None when the dice fell badly and must be thrown again."""


def lesson(voice: Voice, kind: str, steps: list[Say | Show], about: set[str], **truth: Any) -> Episode:
    """An episode whose truth says which combinations it is about and whether its wording is new to training."""
    facts = {"about": tuple(sorted(about)), "is_new": voice.is_new, **truth}
    return Episode(kind, voice.language, tuple(steps), facts)


def answered(scene: Scene, request: str, answer: str) -> list[Say | Show]:
    """A picture, a request in words and its answer."""
    return [Show(scene), Say(request, then="text"), Say(answer, is_target=True)]


def changed(before: Scene, request: str, after: Scene) -> list[Say | Show]:
    """A picture, an order and the picture that comes of it."""
    return [Show(before), Say(request, then="image"), Show(after, is_target=True)]
