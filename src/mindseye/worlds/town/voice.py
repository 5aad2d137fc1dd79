"""One request being made up: its dice, its language, and wordings that its split may use.

Every set of wordings has at least three in each language. The last one is said in the test only, the last but one in
validation only, so training hears neither; but it hears all their words, since nobody can know what a word means that
was never said.
"""

from __future__ import annotations

from ..dice import Dice
from ..grammar import as_typed

Wordings = dict[str, tuple[str, ...]]
NEW_SHARE = 0.5  # of the requests outside training that use the wording kept for them


class Voice:
    """Says things at random; remembers whether a wording was one that training never hears."""

    def __init__(self, dice: Dice, language: str, split: str) -> None:
        self.dice, self.language, self.split = dice, language, split
        self.is_new = False

    def word(self, wordings: Wordings, **words: str) -> str:
        """One of the wordings with the words filled in, as it stands."""
        options = wordings[self.language]
        if self.split != "train" and self.dice.chance(NEW_SHARE):
            self.is_new = True
            chosen = options[-1] if self.split == "test" else options[-2]
        else:
            chosen = self.dice.pick(options[:-2])
        return chosen.format(**words)

    def ask(self, wordings: Wordings, **words: str) -> str:
        """A question as people type it."""
        return as_typed(self.dice, self.language, self.word(wordings, **words), "?")

    def tell(self, wordings: Wordings, **words: str) -> str:
        """An order as people type it."""
        return as_typed(self.dice, self.language, self.word(wordings, **words))

    def pair(self, english: str, chinese: str) -> str:
        """The one of the two that is in this language."""
        return chinese if self.language == "zh" else english
