"""Orders wrapped in stray words, so that a model looks for what is wanted and not for how it is usually asked for.

Real ways to ask are few, and a model that has learnt them is thrown by any other; scraps of them in any order say
nothing, and are endless. A wording that is kept from training never comes of it.
"""

from __future__ import annotations

from ..dice import Dice
from .order_words import KEPT
from .voice import Voice, Wordings

STRAY_SHARE = 0.3  # of the orders in training
MOST_UNITS = 4  # words in English, characters in Chinese


def asked_for(voice: Voice, wordings: Wordings, it: str) -> str:
    """One of the wordings with `it` filled in; in training sometimes scraps of two of them around it."""
    if voice.split != "train" or not voice.dice.chance(STRAY_SHARE):
        return voice.word(wordings, it=it)
    gap = " " if voice.language == "en" else ""
    trained = wordings[voice.language][:-2]
    before = [unit for _ in range(2) for unit in _scrap(voice.dice, trained, voice.language)]
    after = _scrap(voice.dice, trained, voice.language) if voice.dice.chance(0.3) else []
    wording = gap.join([*before, "{it}", *after])
    return voice.word(wordings, it=it) if wording in KEPT else wording.replace("{it}", it)


def _scrap(dice: Dice, wordings: tuple[str, ...], language: str) -> list[str]:
    """Up to four words in a row of one wording."""
    bare = dice.pick(wordings).replace("{it}", " ")
    units = bare.split() if language == "en" else list(bare.replace(" ", ""))
    start = int(dice.rng.random() * (len(units) + 1))
    return units[start : start + int(dice.rng.random() * (MOST_UNITS + 1))]
