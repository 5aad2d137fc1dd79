"""How an answer is judged. An error, a missing picture or a missing answer is wrong, never left out."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import PIL.Image

from ..worlds.answers import matches_answer
from ..worlds.episodes import Say, Show
from ..worlds.world import World
from .answers import Answer
from .exam import FINAL_PHRASES, Exam

KEPT_DB = 25.0  # what should not change counts as kept from here on

Tallies = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Mark:
    """The judgement of one answer.

    tallies: (right, total) by measure. Every kind has "right". Changes of a picture also have "done" and "kept";
    puzzles that are pictured "answer" and "steps", and are right when the answer and all pictures are; requests where
    the model decides whether to draw "follows" for pictures or "answers" for words. A near miss is right when refused.
    kept_db: PSNR over what should not change, where something should not and a picture came.
    found: what was said, or what was objected to in the picture. expected: what would have been right.
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
    if answer.error:
        return Mark(_all_wrong(exam), f"({answer.error})", _expected(exam))
    if exam.kind.startswith("miss."):
        refused = bool(_objections(exam, answer))
        return Mark({"right": _tally(refused)}, _found(exam, answer), _expected(exam))
    if is_free(exam):
        return _mark_free(exam, answer)
    if is_puzzle(exam):
        return _mark_puzzle(exam, answer)
    if asks_words(exam):
        return Mark({"right": _tally(matches_answer(answer.text, exam.episode.truth))}, answer.text, _expected(exam))
    if "before" in exam.episode.truth:
        tallies, kept_db = _change_tallies(exam, answer)
        return Mark(tallies, _found(exam, answer), _expected(exam), kept_db)
    return Mark({"right": _tally(_shows(exam, answer))}, _found(exam, answer), _expected(exam))


def asks_words(exam: Exam) -> bool:
    """Whether the last thing to come is a text."""
    return isinstance(exam.episode.steps[-1], Say)


def is_puzzle(exam: Exam) -> bool:
    """Whether there is a final answer after steps: its pictures drawn, shown, or left out."""
    return "scenes" in exam.episode.truth and asks_words(exam)


def is_pictured(exam: Exam) -> bool:
    """Whether the model is to draw the steps of a puzzle itself."""
    drawn = any(isinstance(step, Show) and step.is_target for step in exam.episode.steps)
    return is_puzzle(exam) and drawn and exam.task == "generate"


def is_free(exam: Exam) -> bool:
    """Whether the model is to decide by itself between a picture and words."""
    return exam.kind.startswith(("unified.", "talk."))


def pixels_of(image: PIL.Image.Image, world: World) -> np.ndarray:
    """(S, S, 3) uint8 at the world's size, resized where a model draws at another one."""
    image = image.convert("RGB")
    side = (world.picture_size, world.picture_size)
    return np.array(image if image.size == side else image.resize(side, PIL.Image.Resampling.BICUBIC))


def final_answer(answer: Answer) -> str:
    """What stands behind "Final Answer:" in the last text, if the answer ends with such a text."""
    last = answer.parts[-1] if answer.parts else ""
    if not isinstance(last, str):
        return ""
    found = re.split("|".join(map(re.escape, FINAL_PHRASES)), last)
    return found[-1].strip(" ：:\n") if len(found) > 1 else ""


def _change_tallies(exam: Exam, answer: Answer) -> tuple[Tallies, float | None]:
    """Done: the scene is the one that was asked for. Kept: the rest is as it was. Right: both."""
    truth = exam.episode.truth
    if not answer.images:
        return {name: (0, 1) for name in ("right", "done", "kept")}, None
    kept_db = exam.world.kept_db(pixels_of(answer.images[-1], exam.world), truth["before"], truth["scene"])
    is_done, is_kept = _shows(exam, answer), kept_db is None or kept_db >= KEPT_DB
    tallies = {"right": _tally(is_done and is_kept), "done": _tally(is_done)}
    return {**tallies, "kept": (0, 0) if kept_db is None else _tally(is_kept)}, kept_db


def _mark_puzzle(exam: Exam, answer: Answer) -> Mark:
    said = final_answer(answer)
    is_said = bool(said) and matches_answer(said, exam.episode.truth)
    found = " / ".join(part if isinstance(part, str) else "(picture)" for part in answer.parts)
    if not is_pictured(exam):
        return Mark({"right": _tally(is_said)}, found, _expected(exam))
    truths = exam.episode.truth["scenes"]
    wrong = [
        exam.world.objections(pixels_of(image, exam.world), {"scene": true})
        for image, true in zip(answer.images, truths)
    ]
    steps = sum(not objections for objections in wrong)
    is_right = is_said and steps == len(truths) == len(answer.images)
    tallies = {"right": _tally(is_right), "answer": _tally(is_said), "steps": (steps, len(truths))}
    return Mark(tallies, "; ".join([found, *(one for objections in wrong for one in objections)]), _expected(exam))


def _mark_free(exam: Exam, answer: Answer) -> Mark:
    found, expected = _found(exam, answer), _expected(exam)
    if asks_words(exam):
        is_said = not answer.images and matches_answer(answer.text, exam.episode.truth)
        return Mark({"right": _tally(not answer.images), "answers": _tally(is_said)}, found, expected)
    is_change = "before" in exam.episode.truth
    is_right = _change_tallies(exam, answer)[0]["right"] if is_change else _tally(_shows(exam, answer))
    if exam.kind.endswith("picture"):
        return Mark({"right": _tally(bool(answer.images)), "follows": is_right}, found, expected)
    return Mark({"right": is_right}, found, expected)


def _objections(exam: Exam, answer: Answer) -> tuple[str, ...]:
    """What is wrong with the last picture."""
    if not answer.images:
        return ("no picture",)
    truth = {name: value for name, value in exam.episode.truth.items() if name in ("wish", "scene")}
    return exam.world.objections(pixels_of(answer.images[-1], exam.world), truth)


def _shows(exam: Exam, answer: Answer) -> bool:
    return not _objections(exam, answer)


def _found(exam: Exam, answer: Answer) -> str:
    said = [answer.text] if answer.text else []
    if answer.images:
        said.append("; ".join(_objections(exam, answer)) if "scene" in exam.episode.truth else "a picture")
    return " / ".join(filter(None, said)) or ("as asked" if answer.images else "(nothing)")


def _expected(exam: Exam) -> str:
    truth = exam.episode.truth
    if asks_words(exam) and "answer" in truth:
        return truth["answer"]
    return exam.world.told(truth["scene"], exam.language)


def _all_wrong(exam: Exam) -> Tallies:
    tallies = {"right": (0, 1)}
    if is_free(exam) and exam.kind.endswith(("picture", "words")):
        return tallies | {"answers" if asks_words(exam) else "follows": (0, 1)}
    if is_pictured(exam):
        return tallies | {"answer": (0, 1), "steps": (0, len(exam.episode.truth["scenes"]))}
    if "before" in exam.episode.truth and not asks_words(exam) and not is_free(exam):
        return tallies | {"done": (0, 1), "kept": (0, 1)}
    return tallies


def _tally(is_right: bool) -> tuple[int, int]:
    return int(is_right), 1
