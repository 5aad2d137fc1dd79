"""What is done with a row: said by --task, by the row's own `task`, or told from its form."""

from __future__ import annotations

from typing import Any

from ..errors import InputError, nearest
from ..inputs.row_forms import Asked

TASKS = ("ask", "draw", "edit", "generate", "reason")
QUESTION_MARKS = ("?", "？")


def task_of(asked: Asked, fields: dict[str, Any], wanted: str) -> str:
    """ask, draw, edit, generate or reason. `wanted` is one of them, or "auto":

    the row's own field `task`; else a puzzle is reasoned about, conversations, messages and `question`s are asked;
    a `prompt` or `text` that ends with a question mark is asked, any other, and an `instruction`, edits its
    pictures, or draws where there are none.
    """
    if wanted != "auto":
        return _checked(wanted)
    if "task" in fields:
        return _checked(fields["task"])
    if asked.form == "puzzle":
        return "reason"
    if asked.form in ("conversations", "messages") or asked.field == "question":
        return "ask"
    if asked.field != "instruction" and asked.words.rstrip().endswith(QUESTION_MARKS):
        return "ask"
    return "edit" if asked.pictures else "draw"


def _checked(task: Any) -> str:
    if task not in TASKS:
        raise InputError(f"task is {task!r}{nearest(str(task), TASKS)}; expected one of {', '.join(TASKS)}")
    return task
