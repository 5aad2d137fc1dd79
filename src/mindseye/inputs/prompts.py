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
UNIFIED = "unified"
INTERLEAVED = "interleaved"

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
    UNIFIED: SystemPrompt(
        "You can answer with words and with pictures. When a picture says more than words, write "
        "<|vision_start|> where it belongs, and the picture is drawn there; <|vision_end|> closes it. Example: "
        'the user says "Show me a red apple and tell me its colour." You answer: "Here it is: <|vision_start|> '
        '<|vision_end|> The apple is red."',
        serves="answers of words and pictures from a checkpoint that was not trained to open pictures by itself",
    ),
    INTERLEAVED: SystemPrompt(
        "Solve the problem step by step. After each step in words, draw a picture of what the step leads to, look "
        'at it, and go on from there. End with "Final Answer:" and the answer.',
        serves="reasoning in alternating words and pictures",
    ),
}


def prompt_text(prompts: dict[str, SystemPrompt], name_or_text: str | None) -> str | None:
    """The text of a system prompt given by name, by its own words, or as "none"."""
    if name_or_text is None or name_or_text == "none":
        return None
    if not isinstance(name_or_text, str):
        raise InputError(f"system_prompt is {name_or_text!r}; expected a name, a text or none")
    return prompts[name_or_text].text if name_or_text in prompts else name_or_text


def with_wording(prompts: dict[str, SystemPrompt], wording: dict[str, str]) -> dict[str, SystemPrompt]:
    """`prompts` with a checkpoint's own wording for some of them."""
    changed = {}
    for name, text in wording.items():
        if name not in prompts:
            raise InputError(f'unknown system prompt "{name}"{nearest(name, prompts)}; known: {", ".join(prompts)}.')
        changed[name] = replace(prompts[name], text=text)
    return {**prompts, **changed}
