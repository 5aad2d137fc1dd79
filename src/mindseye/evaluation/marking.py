"""How an answer is judged. An error, a missing picture or a missing answer is wrong, never left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import PIL.Image

from ..worlds import Scene, render
from ..worlds.captions import caption
from ..worlds.judging import follows, kept_psnr, matches_answer
from ..worlds.reading import Reading, read_scene
from ..worlds.scenes import PICTURE_SIZE
from .answers import Answer
from .exams import FINAL_PHRASES, WORD_KINDS, Exam

KEPT_DB = 25.0  # what should not change counts as kept from here on

Tallies = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Mark:
    """The judgement of one answer.

    tallies: (right, total) by measure. Every kind has "right"; edits and actions also "done" and "kept", "reason"
    also "steps", unified.picture and unified.talk_picture also "follows", those of words also "answers".
    kept_db: PSNR over what should not change, where something should not and a picture came.
    found: what was said, or what was read in the picture. expected: what would have been right.
    """

    tallies: Tallies
    found: str
    expected: str
    kept_db: float | None = None

    @property
    def is_right(self) -> bool:
        right, total = self.tallies["right"]
        return right == total


def mark(exam: Exam, answer: Answer) -> Mark:
    """Judge an answer against the truth of its exam."""
    family = exam.kind.split(".")[0]
    if answer.error:
        return Mark(_all_wrong(exam), f"({answer.error})", _expected(exam))
    if family == "unified":
        return _mark_unified(exam, answer)
    if family == "reason":
        return _mark_reasoning(exam, answer)
    if family in ("edit", "action"):
        return _mark_change(exam, answer)
    if exam.kind in (*WORD_KINDS, "think.question"):
        return Mark({"right": _tally(matches_answer(answer.text, exam.episode.truth))}, answer.text, _expected(exam))
    return Mark({"right": _tally(_shows(exam, answer))}, _found(exam, answer), _expected(exam))


def pixels_of(image: PIL.Image.Image) -> np.ndarray:
    """(64, 64, 3) uint8, resized where a model draws at another size."""
    image = image.convert("RGB")
    side = (PICTURE_SIZE, PICTURE_SIZE)
    return np.array(image if image.size == side else image.resize(side, PIL.Image.Resampling.BICUBIC))


def read_picture(image: PIL.Image.Image) -> Reading:
    """What the judge sees in a picture of any size."""
    return read_scene(pixels_of(image))


def in_words(reading: Reading, language: str = "en") -> str:
    """What was read, for people."""
    words = caption(language, reading.best_guess)
    return words if reading.is_clear else f"unclear, most like: {words}"


def final_answer(answer: Answer) -> str:
    """What stands behind "Final Answer:" in the last text, if the answer ends with such a text."""
    last = answer.parts[-1] if answer.parts else ""
    if not isinstance(last, str):
        return ""
    found = re.split("|".join(map(re.escape, FINAL_PHRASES)), last)
    return found[-1].strip(" ：:\n") if len(found) > 1 else ""


def _mark_change(exam: Exam, answer: Answer) -> Mark:
    tallies, kept_db = _change_tallies(exam, answer)
    return Mark(tallies, _found(exam, answer), _expected(exam), kept_db)


def _change_tallies(exam: Exam, answer: Answer) -> tuple[Tallies, float | None]:
    """Done: the scene is the one that was asked for. Kept: the rest is as it was. Right: both."""
    before, target = exam.episode.truth["before"], exam.episode.truth["scene"]
    if not answer.images:
        return _all_wrong(exam), None
    kept_db = kept_psnr(render(before), pixels_of(answer.images[-1]), before, target)
    is_done, is_kept = _shows(exam, answer), kept_db is None or kept_db >= KEPT_DB
    tallies = {"right": _tally(is_done and is_kept), "done": _tally(is_done)}
    return {**tallies, "kept": (0, 0) if kept_db is None else _tally(is_kept)}, kept_db


def _mark_reasoning(exam: Exam, answer: Answer) -> Mark:
    said = final_answer(answer)
    tallies = {"right": _tally(bool(said) and matches_answer(said, exam.episode.truth))}
    if exam.kind == "reason":
        truths: Sequence[Scene] = exam.episode.truth["scenes"]
        right = sum(follows(read_picture(image), {"scene": true}) for image, true in zip(answer.images, truths))
        tallies["steps"] = (right, len(truths))
    found = " / ".join(part if isinstance(part, str) else in_words(read_picture(part)) for part in answer.parts)
    return Mark(tallies, found, _expected(exam))


def _mark_unified(exam: Exam, answer: Answer) -> Mark:
    found, expected = _found(exam, answer), _expected(exam)
    if exam.kind.endswith("words"):
        is_said = not answer.images and matches_answer(answer.text, exam.episode.truth)
        return Mark({"right": _tally(not answer.images), "answers": _tally(is_said)}, found, expected)
    is_change = "before" in exam.episode.truth
    is_right = _change_tallies(exam, answer)[0]["right"] if is_change else _tally(_shows(exam, answer))
    if exam.kind.endswith("picture"):
        return Mark({"right": _tally(bool(answer.images)), "follows": is_right}, found, expected)
    return Mark({"right": is_right}, found, expected)


def _shows(exam: Exam, answer: Answer) -> bool:
    return bool(answer.images) and follows(read_picture(answer.images[-1]), exam.episode.truth)


def _found(exam: Exam, answer: Answer) -> str:
    said = [answer.text] if answer.text else []
    if answer.images:
        said.append(in_words(read_picture(answer.images[-1]), exam.language))
    return " / ".join(said) or "(nothing)"


def _expected(exam: Exam) -> str:
    truth = exam.episode.truth
    return truth["answer"] if "answer" in truth else caption(exam.language, truth["scene"])


def _all_wrong(exam: Exam) -> Tallies:
    tallies = {"right": (0, 1)}
    family = exam.kind.split(".")[0]
    if family in ("edit", "action"):
        tallies |= {"done": (0, 1), "kept": (0, 1)}
    if exam.kind == "reason":
        tallies["steps"] = (0, len(exam.episode.truth["scenes"]))
    if family == "unified" and exam.kind.endswith("picture"):
        tallies["follows"] = (0, 1)
    if family == "unified" and exam.kind.endswith("words"):
        tallies["answers"] = (0, 1)
    return tallies


def _tally(is_right: bool) -> tuple[int, int]:
    return int(is_right), 1
