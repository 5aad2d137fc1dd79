"""Prompt formats by name: a line a format."""

from __future__ import annotations

from collections.abc import Callable

from ...errors import InputError, nearest
from ..tokenizer import Tokenizer
from .bagel import BagelFormat
from .placeholders import PlaceholderFormat
from .prompt_format import PromptFormat, See
from .templates import CHATML, LLAVA, PLAIN, TemplateFormat

FORMATS: dict[str, Callable[[Tokenizer], PromptFormat]] = {
    "bagel": BagelFormat,
    "chatml": lambda tokenizer: TemplateFormat(tokenizer, CHATML),
    "chatml-eyes": lambda tokenizer: PlaceholderFormat(tokenizer, CHATML),
    "llava": lambda tokenizer: PlaceholderFormat(tokenizer, LLAVA),
    "plain": lambda tokenizer: TemplateFormat(tokenizer, PLAIN),
    "plain-eyes": lambda tokenizer: PlaceholderFormat(tokenizer, PLAIN),
}


def prompt_format(name: str, tokenizer: Tokenizer, stops: frozenset[int] = frozenset()) -> PromptFormat:
    """The format of that name; InputError names the nearest known one. `stops` are more ids that end an answer."""
    if name not in FORMATS:
        raise InputError(f'the prompt format is "{name}"{nearest(name, FORMATS)}; known: {", ".join(FORMATS)}')
    found = FORMATS[name](tokenizer)
    found.stop_ids |= stops
    return found


__all__ = ["FORMATS", "PromptFormat", "See", "prompt_format"]
