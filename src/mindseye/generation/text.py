"""Writing text token by token."""
# V vocab_size

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ..errors import MindseyeError
from ..events import TextDelta
from ..inputs.tokenizer import TextStream, Tokenizer
from ..params import TextParams
from .context import Context
from .work import Feed, Logits, Story

MOST_CAPACITY = 1024
THOUGHT_ENDS = "</think>"


@dataclass(frozen=True)
class Written:
    """A written text. `unfed` are its tokens that have not passed through `draft` yet."""

    ids: tuple[int, ...]
    text: str
    finish: str
    draft: Context
    unfed: tuple[int, ...]


def write_text(
    context: Context,
    tokenizer: Tokenizer,
    params: TextParams,
    generator: torch.Generator,
    *,
    is_thought: bool = False,
    watch: Callable[[Logits], None] | None = None,
) -> Story[Written]:
    """Continue `context` with a text on a fork of it; `watch` sees every token's scores."""
    draft, special = context.fork(), context.special
    voice = TextEmitter(tokenizer, params.stop, is_thought)
    ids: list[int] = []
    token, finish = special.start, "length"
    capacity = min(params.max_tokens + 2, MOST_CAPACITY)
    while len(ids) < params.max_tokens:
        position = context.position + len(ids)
        feed = Feed(draft.cache, position, (token,), is_causal=True, wants="logits", capacity=capacity)
        [logits] = yield [feed]
        if not ids and not logits.scores.isfinite().all():
            raise MindseyeError(
                "the network scored the first word with values that are no numbers: its weights are damaged or too "
                "large for this number format (try dtype float32)"
            )
        if watch:
            watch(logits)
        token = choose(logits, params, generator)
        if token == special.end:
            finish = "end"
            break
        ids.append(token)
        yield from voice.say(token)
        if voice.is_stopped:
            finish = "stop"
            break
    yield from voice.finish()
    text = voice.text if finish == "stop" else tokenizer.decode(ids)
    unfed = (special.end,) if finish == "end" else (token, special.end)
    return Written(tuple(ids), text, finish, draft, unfed)


def choose(logits: Logits, params: TextParams, generator: torch.Generator) -> int:
    """The next token: the likeliest at temperature 0, else drawn from the filtered distribution."""
    if params.temperature == 0:
        return logits.best
    scores = logits.scores.float().cpu() / params.temperature  # (V,)
    if 0 < params.top_k < scores.numel():
        scores = scores.masked_fill(scores < scores.topk(params.top_k).values[-1], float("-inf"))
    probabilities = scores.softmax(-1)
    if params.top_p < 1:
        ordered, order = probabilities.sort(descending=True)
        beyond = ordered.cumsum(-1) - ordered >= params.top_p
        probabilities[order[beyond]] = 0
    return int(torch.multinomial(probabilities, 1, generator=generator))


class TextEmitter:
    """Speaks tokens as events, holding back what might become a stop string."""

    def __init__(self, tokenizer: Tokenizer, stop: tuple[str, ...], is_thought: bool) -> None:
        self._stream = TextStream(tokenizer)
        self._stop = stop
        self._held = ""
        self._is_thought = is_thought
        self.text = ""
        self.is_stopped = False

    def say(self, token: int) -> Story[None]:
        """Emit what this token completes, up to a stop string."""
        yield from self._push(self._stream.push(token))

    def finish(self) -> Story[None]:
        """Emit what is left."""
        if not self.is_stopped:
            yield from self._push(self._stream.finish())
        if not self.is_stopped and self._held:
            yield from self._emit(self._held)

    def _push(self, piece: str) -> Story[None]:
        if not piece:
            return
        held = self._held + piece
        found = [at for at in (held.find(stop) for stop in self._stop) if at >= 0]
        if found:
            self.is_stopped, self._held = True, ""
            yield from self._emit(held[: min(found)])
            return
        keep = max((_overlap(held, stop) for stop in self._stop), default=0)
        self._held = held[len(held) - keep :]
        yield from self._emit(held[: len(held) - keep])

    def _emit(self, text: str) -> Story[None]:
        if text:
            self.text += text
            yield TextDelta(text, self._is_thought)


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` with which `stop` begins."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)


def split_thought(text: str) -> tuple[str | None, str]:
    """A text with a thought in <think> tags as (thought, rest); the thought is None where there is none."""
    if THOUGHT_ENDS not in text:
        return None, text
    thought, rest = text.split(THOUGHT_ENDS, 1)
    return thought.removeprefix("<think>").strip(), rest.strip()
