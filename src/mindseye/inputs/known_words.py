"""The words that a model's lessons said: what it has never met can be told from what it knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WORD = re.compile(r"[^\W\d_\u4e00-\u9fff]+")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class KnownWords:
    """Words in small letters, and single Chinese characters."""

    words: frozenset[str]
    characters: frozenset[str]

    @staticmethod
    def of(texts: Iterable[str]) -> KnownWords:
        """All that the texts say."""
        words: set[str] = set()
        characters: set[str] = set()
        for text in texts:
            words.update(WORD.findall(text.lower()))
            characters.update(CHINESE.findall(text))
        return KnownWords(frozenset(words), frozenset(characters))

    @staticmethod
    def from_json(said: Mapping[str, Any]) -> KnownWords:
        """What `to_json` gives; ValueError for anything else."""
        words, characters = said.get("words"), said.get("characters")
        if not isinstance(words, str) or not isinstance(characters, str):
            raise ValueError('"knows" needs "words" and "characters", a text each')
        return KnownWords.of([words, characters])

    def to_json(self) -> dict[str, str]:
        """Two texts."""
        return {"words": " ".join(sorted(self.words)), "characters": "".join(sorted(self.characters))}

    def unknown_in(self, text: str) -> list[str]:
        """Words and characters of a text that are not among these, in order and once each."""
        words = [word for word in WORD.findall(text.lower()) if word not in self.words]
        return list(dict.fromkeys([*words, *(c for c in CHINESE.findall(text) if c not in self.characters)]))
