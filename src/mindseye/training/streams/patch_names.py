"""Patches that say the name of what they show: many labels a picture where a question has one.

It ties what the eyes see to words before any question is understood. Patches say the name in English and in Chinese in
turn, as on a chessboard, so that each knows from its place which word is wanted.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...inputs.tokenizer import Tokenizer
from ...worlds.world import World
from ..lessons import Label


@dataclass(frozen=True)
class PatchNames:
    """Names as labels, for pictures of so many patches a side."""

    world: World
    tokenizer: Tokenizer
    per_side: int

    def labels(self, scene: Hashable, num_marks: int) -> tuple[Label, ...]:
        """A label for every patch with a name; `num_marks` tokens stand before the first patch."""
        rows, columns = np.indices((self.per_side, self.per_side))
        named = self.world.patch_names(scene, self.per_side)
        names = np.where((rows + columns) % 2 == 0, named["en"], named["zh"]).ravel().tolist()
        return tuple(
            (num_marks + patch, tokens_of(self.tokenizer, name)[0]) for patch, name in enumerate(names) if name
        )


@lru_cache(maxsize=4096)
def tokens_of(tokenizer: Tokenizer, name: str) -> list[int]:
    """Of a name inside an answer: "a cat" has a space before the noun, "一只猫" has none."""
    return tokenizer.encode(f" {name}" if name.isascii() else name)
