"""Episodes as rows of JSONL that batch runs, fine-tuning and other models read, with pictures as files.

puzzle   one request answered in words: `Question`, `Text Reasoning Trace`, `Final Answer`, `problem_image_N` and
         `reasoning_image_N`
prompt   one request answered with a picture: `prompt`, `images`, `output_image`
talk     several requests in turn: `messages`

Every row also says its kind, language and split, and the whole truth behind its pictures.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from .episodes import Episode, Say, Show
from .grammar import FINAL

NameOf = Callable[[Any], str]
"""From a scene to the path of its picture, written on the way."""


def form_of(episode: Episode) -> str:
    """ "puzzle", "prompt" or "talk"."""
    requests = [step for step in episode.told if isinstance(step, Say) and not step.is_target]
    if len(requests) > 1:
        return "talk"
    return "puzzle" if isinstance(episode.steps[-1], Say) else "prompt"


def row_of(episode: Episode, name_of: NameOf) -> dict[str, Any]:
    """The row of an episode, without what is the same for all rows."""
    make = {"puzzle": _puzzle, "prompt": _prompt, "talk": _talk}[form_of(episode)]
    truth = {name: describe(value) for name, value in episode.truth.items()}
    return {**make(episode, name_of), "kind": episode.kind, "language": episode.language, "truth": truth}


def mark(kind: str, number: int) -> str:
    """Where a picture stands in a text: "<image_start>[problem_image_1]<image_end>"."""
    return f"<image_start>[{kind}_{number}]<image_end>"


def describe(value: Any) -> Any:
    """Scenes, wishes and all that they hold as plain JSON; a dataclass says its name under "is"."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: describe(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"is": type(value).__name__, **fields}
    if isinstance(value, dict):
        return {str(name): describe(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [describe(inner) for inner in value]
    return value


def _puzzle(episode: Episode, name_of: NameOf) -> dict[str, Any]:
    row: dict[str, Any] = {"Question": [], "Text Reasoning Trace": [], "Final Answer": ""}
    counts = {"problem_image": 0, "reasoning_image": 0}
    *before, last = episode.told
    for step in before:
        name = "reasoning_image" if step.is_target else "problem_image"
        text = row["Text Reasoning Trace" if step.is_target else "Question"]
        if isinstance(step, Say):
            text.append(step.text)
            continue
        counts[name] += 1
        row[f"{name}_{counts[name]}"] = name_of(step.scene)
        text.append(mark(name, counts[name]))
    assert isinstance(last, Say)
    thought, _, answer = last.text.rpartition("</think>")
    if thought:
        row["Text Reasoning Trace"].append(thought.removeprefix("<think>"))
    for lead in FINAL.values():
        answer = answer.removeprefix(lead)
    texts = {name: "\n".join(row[name]) for name in ("Question", "Text Reasoning Trace")}
    return {**row, **texts, "Final Answer": answer}


def _prompt(episode: Episode, name_of: NameOf) -> dict[str, Any]:
    *before, last = episode.told
    assert isinstance(last, Show)
    given = [step for step in before if not step.is_target]
    row: dict[str, Any] = {"prompt": " ".join(step.text for step in given if isinstance(step, Say))}
    row["images"] = [name_of(step.scene) for step in given if isinstance(step, Show)]
    thoughts = [step.text for step in before if isinstance(step, Say) and step.is_target]
    return {**row, **({"thought": thoughts[0]} if thoughts else {}), "output_image": name_of(last.scene)}


def _talk(episode: Episode, name_of: NameOf) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for step in episode.told:
        role = "assistant" if step.is_target else "user"
        if not messages or messages[-1]["role"] != role:
            messages.append({"role": role, "content": []})
        said = (
            {"type": "text", "text": step.text}
            if isinstance(step, Say)
            else {"type": "image", "image": name_of(step.scene)}
        )
        messages[-1]["content"].append(said)
    return {"messages": messages}
