"""Whether a written answer says what is true, in either language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import InputError

_THOUGHT = re.compile(r"<think>.*?(</think>|$)", re.DOTALL)
_LEAD = re.compile(r"^\s*(final answer|answer|最终答案|答案)\s*[:：]?", re.IGNORECASE)
_MARKS = re.compile(r"[.!?;:。！？；：\"'“”()（）]")
_JOINTS = re.compile(r",|，|、|和|\band\b")
_FILLERS = frozenset(["a", "an", "the", "at", "in", "on", "to", "of", "it", "is", "are", "there", "its"])
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six")
_SAME_WORD = {"grey": "gray", **{word: str(number) for number, word in enumerate(_NUMBERS)}}
_SAME_SIGN = str.maketrans("零一二两三四五六", "01223456")
_YES_OR_NO = frozenset(("yes", "no", "是", "不是", "有", "没有"))


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
