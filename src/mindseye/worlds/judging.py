"""Judge what a model drew or said against the truth of an episode."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from mindseye.errors import InputError
from mindseye.worlds.reading import Reading
from mindseye.worlds.scenes import CELL_SIZE, PICTURE_SIZE, PLACES, Scene

MAX_PSNR = 100.0  # dB, given for equal pixels

_THOUGHT = re.compile(r"<think>.*?(</think>|$)", re.DOTALL)
_LEAD = re.compile(r"^\s*(final answer|answer|最终答案|答案)\s*[:：]?", re.IGNORECASE)
_MARKS = re.compile(r"[.!?;:。！？；：\"'“”()（）]")
_JOINTS = re.compile(r",|，|、|和|\band\b")
_FILLERS = frozenset(["a", "an", "the", "at", "in", "on", "to", "of", "it", "is", "are", "there", "its"])
_SAME_WORD = {"grey": "gray", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4"}
_SAME_SIGN = str.maketrans("零一二两三四", "012234")
_YES_OR_NO = frozenset(("yes", "no", "是", "不是", "有", "没有"))


def follows(reading: Reading, truth: Mapping[str, Any]) -> bool:
    """Whether a picture is what was asked for.

    A drawing (truth with a "wish") may be any layout that fulfils the words; anything else must show exactly
    truth["scene"]. A picture with something unrecognised in it is never right.
    """
    if reading.scene is None:
        return False
    if "wish" in truth:
        return truth["wish"].accepts(reading.scene)
    if "scene" not in truth:
        raise InputError(f"this truth has neither a wish nor a scene to draw, only {', '.join(truth)}")
    return reading.scene == truth["scene"]


def kept_psnr(before_pixels: np.ndarray, drawn_pixels: np.ndarray, before: Scene, target: Scene) -> float | None:
    """PSNR in dB (at most 100) over the places that should not change; None where all should.

    Both pictures are (64, 64, 3) uint8; `before` and `target` are the scenes before and after.
    """
    expected = (PICTURE_SIZE, PICTURE_SIZE, 3)
    if before_pixels.shape != expected or drawn_pixels.shape != expected:
        raise InputError(f"pictures are {expected}, not {before_pixels.shape} and {drawn_pixels.shape}")
    if before.background != target.background:
        return None
    is_kept = np.ones((PICTURE_SIZE, PICTURE_SIZE), bool)
    for place, (top, left) in PLACES.items():
        if before.at(place) != target.at(place):
            is_kept[top : top + CELL_SIZE, left : left + CELL_SIZE] = False
    if not is_kept.any():
        return None
    difference = before_pixels[is_kept].astype(np.float64) - drawn_pixels[is_kept]
    error = float((difference**2).mean())
    return MAX_PSNR if error == 0 else min(MAX_PSNR, 10 * math.log10(255**2 / error))


def matches_answer(text: str, truth: Mapping[str, Any]) -> bool:
    """Whether a written answer is right: thoughts, case, articles, marks and order of a list do not count.

    Numbers count as digits or words, with or without what is counted ("2", "two cats"); "yes" and "no" count
    with whatever explains them after a comma.
    """
    if "accepted" not in truth:
        raise InputError(f"this truth has no answer to compare with, only {', '.join(truth)}")
    said = _LEAD.sub("", _THOUGHT.sub("", text))
    accepted = truth["accepted"]
    if accepted[0].isdigit():
        return set(re.findall(r"\d+", " ".join(_parts(said)))) == {accepted[0]}
    if accepted[0] in _YES_OR_NO:
        said = re.split(r"[,，.。]", said.strip(), maxsplit=1)[0]
    return _parts(said) in [_parts(right) for right in accepted]


def _parts(text: str) -> list[str]:
    """The members of a list of things, each in its plainest form, sorted."""
    parts = _JOINTS.split(_MARKS.sub("", text.lower()))
    return sorted(filter(None, map(_plain, parts)))


def _plain(part: str) -> str:
    words = [_SAME_WORD.get(word, word).translate(_SAME_SIGN) for word in part.split()]
    words = [word for word in words if word not in _FILLERS]
    if len(words) > 1 and words[0] == "1":
        words = words[1:]  # "one cat" is "a cat"
    return " ".join(words)
