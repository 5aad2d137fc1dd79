"""What can be said to a model of a pictured world: the lists of `mindseye words`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

VERBS = ("ask", "draw", "edit", "imagine", "reason")


@dataclass(frozen=True)
class Lexicon:
    """Things, how they are, and sentences, in English ("en") and Chinese ("zh")."""

    introduction: str
    """What the world is, in English."""
    things: Callable[[], dict[str, list[tuple[str, str]]]]
    """The names of all things in both languages, by the English plural of their kind."""
    traits: Callable[[str], dict[str, list[str]]]
    """(language) -> what else is named, by English titles."""
    sentences: Callable[[str, str], list[str]]
    """(verb, language) -> one sentence of every form."""
