"""One thing drawn in a style that training never shows: what is it?"""

from __future__ import annotations

from ..dice import Dice
from ..episodes import Episode
from .layout import ALL_COLOURS, any_scene
from .lessons import answered, lesson
from .questions import ask_name
from .styles import HELD_OUT_STYLES, TAUGHT_STYLES
from .visible import is_visible
from .voice import Voice


def unseen_style(dice: Dice, language: str, split: str) -> Episode:
    """A question about a lone thing; in training's split it is drawn in a style that is taught, for comparison."""
    styles = TAUGHT_STYLES if split == "train" else HELD_OUT_STYLES
    voice = Voice(dice, language, split)
    while True:
        scene = any_scene(voice, 1, dice.pick(ALL_COLOURS), style=dice.pick(styles))
        asked = ask_name(voice, scene)
        if asked and is_visible(scene):
            break
    truth = {"scene": scene, "answer": asked.answer, "accepted": asked.accepted}
    return lesson(voice, "style.unseen", answered(scene, asked.text, asked.answer), set(asked.about), **truth)
