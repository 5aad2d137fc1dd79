"""System prompts as data. What a checkpoint was trained with is part of its format and stands here literally."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import InputError, nearest


@dataclass(frozen=True)
class SystemPrompt:
    """A system prompt and when it serves."""

    text: str
    serves: str


THINK_ANSWER = "think_answer"
THINK_DRAW = "think_draw"

BAGEL: dict[str, SystemPrompt] = {
    THINK_ANSWER: SystemPrompt(
        "You should first think about the reasoning process in the mind and then provide the user with the "
        "answer. \nThe reasoning process is enclosed within <think> </think> tags, i.e. <think> reasoning "
        "process here </think> answer here",
        serves="thinking before an answer",
    ),
    THINK_DRAW: SystemPrompt(
        "You should first think about the planning process in the mind and then generate the image. \nThe "
        "planning process is enclosed within <think> </think> tags, i.e. <think> planning process here </think> "
        "image here",
        serves="thinking before a drawing",
    ),
}


def with_wording(prompts: dict[str, SystemPrompt], wording: dict[str, str]) -> dict[str, SystemPrompt]:
    """`prompts` with a checkpoint's own wording for some of them."""
    changed = {}
    for name, text in wording.items():
        if name not in prompts:
            raise InputError(f'unknown system prompt "{name}"{nearest(name, prompts)}; known: {", ".join(prompts)}.')
        changed[name] = replace(prompts[name], text=text)
    return {**prompts, **changed}
