"""Writing text token by token."""
# V vocab_size

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from ..errors import MindseyeError
from ..events import TextDelta, TokenLogprob
from ..inputs.formats import PromptFormat
from ..inputs.segments import TextSegment
from ..inputs.tokenizer import TextStream, Tokenizer
from ..params import TextParams
from ..thoughts import CLOSE, OPEN, ThoughtStream
from .context import Context
from .work import Choice, Feed, Logits, Look, Story, Wants

MOST_CAPACITY = 1024
ROOM_TO_CLOSE = 16  # tokens for the closing tag and the first words after it


@dataclass(frozen=True)
class Written:
    """A written text. `unfed` are its tokens that have not passed through `draft` yet."""

    ids: tuple[int, ...]
    text: str
    finish: str
    draft: Context
    unfed: tuple[int, ...]
    logprobs: tuple[TokenLogprob, ...] = ()

    def end(self, segment: TextSegment, wants: Wants) -> Story[None]:
        """Read what has not passed yet, so that the draft holds `segment` to its end."""
        draft = self.draft
        position = draft.position + segment.num_positions - len(self.unfed)
        [result] = yield [Feed(draft.cache, position, self.unfed, is_causal=True, wants=wants)]
        draft.note(segment, result)


class Writer:
    """Writes one text on a fork of a context."""

    def __init__(
        self, context: Context, tokenizer: Tokenizer, prompt_format: PromptFormat, params: TextParams, most_tokens: int
    ) -> None:
        """`most_tokens` is how many the context still has places for."""
        self._draft = context.fork()
        self._start = context.position
        self._format = prompt_format
        self._tokenizer = tokenizer
        self._params = params
        self._most_tokens = most_tokens
        has_penalty = params.repetition_penalty != 1
        self._said = [i for s in context.segments if isinstance(s, TextSegment) for i in s.ids] if has_penalty else []

    def write(
        self, generator: torch.Generator, is_thought: bool = False, watch: Callable[[Logits], None] | None = None
    ) -> Story[Written]:
        """Continue with a text; `watch` sees every token's scores."""
        emitter = TextEmitter(self._tokenizer, self._params.stop, is_thought)
        budget = Budget(self._params, is_thought, self._most_tokens)
        cache, stop_ids = self._draft.cache, self._format.stop_ids
        capacity = min(self._params.max_tokens + 2, MOST_CAPACITY)
        ids: list[int] = []
        logprobs: list[TokenLogprob] = []
        unfed, position, finish = self._format.opening, self._start, "length"
        choice = Choice(self._params, generator, self._said)
        while budget.left(emitter.is_thought) > 0:
            feed = Feed(cache, position, unfed, is_causal=True, wants="logits", capacity=capacity, choice=choice)
            [logits] = yield [feed]
            position += len(unfed)
            if not ids:
                yield from check_scores(logits)
            if watch:
                watch(logits)
            token = logits.chosen
            if token == self._format.image_opening:
                token = yield from likeliest_but(token, logits)
            if token in stop_ids:
                unfed, finish = (), "end"
                break
            ids.append(token)
            unfed = (token,)
            if logits.logprob:
                logprobs.append(logits.logprob)
            for delta in emitter.say(token, logits.logprob):
                yield delta
            if not (budget.closes_thought and OPEN.startswith(emitter.said)):  # the tag is nobody's
                budget.spend()
            if budget.is_thought_over and emitter.is_thought and not emitter.is_stopped:
                unfed += self._close_thought(ids)
                for delta in emitter.say_all(unfed[1:]):
                    yield delta
            if emitter.is_stopped:
                finish = "stop"
                break
            if self._said:
                choice = Choice(self._params, generator, (*self._said, *ids))
        for delta in emitter.finish():
            yield delta
        text = emitter.text if finish == "stop" else self._tokenizer.decode(ids, skip_special=False)
        unfed = (*unfed, *self._format.closing)
        return Written(tuple(ids), text, finish, self._draft, unfed, tuple(logprobs))

    def _close_thought(self, ids: list[int]) -> tuple[int, ...]:
        """The tokens that end a thought, added to what was written."""
        closing = tuple(self._tokenizer.encode(CLOSE))
        ids += closing
        return closing


def check_scores(logits: Logits) -> Story[None]:
    """Raise MindseyeError where the scores are no numbers: the likeliest of them would be the first word, for ever."""
    if not (yield Look(logits.scores.isfinite().all())):
        raise MindseyeError(
            "the network scored the first word with values that are no numbers: its weights are damaged or too large "
            "for this number format (try dtype float32)"
        )


def likeliest_but(token: int, logits: Logits) -> Story[int]:
    """The likeliest token that is another: a picture that begins in the middle of a text is no word."""
    others = logits.scores.clone()
    others[token] = float("-inf")
    return int((yield Look(others.argmax())))


class Budget:
    """How many tokens may still be written, with a thought counted apart where that was asked for."""

    def __init__(self, params: TextParams, is_thought: bool, most_tokens: int) -> None:
        self._most = most_tokens
        self._num_thought = self._num_others = self._num_written = 0
        self.closes_thought = params.max_thought_tokens is not None and not is_thought
        apart = params.max_thought_tokens
        self._most_of_answer = apart if is_thought and apart is not None else params.max_tokens
        self._most_of_thought = apart if self.closes_thought else None
        self._is_thinking = False

    def left(self, is_thinking: bool) -> int:
        """Tokens that may follow."""
        self._is_thinking = is_thinking and self._most_of_thought is not None
        of_thought = (self._most_of_thought or 0) - self._num_thought
        of_answer = self._most_of_answer - self._num_others
        return min(of_thought if self._is_thinking else of_answer, self._most - self._num_written)

    @property
    def is_thought_over(self) -> bool:
        """Whether the thought has had its tokens, and there is room to close it and to answer."""
        is_spent = self._is_thinking and self._num_thought >= (self._most_of_thought or 0)
        return is_spent and self._most - self._num_written > ROOM_TO_CLOSE

    def spend(self) -> None:
        """One more was written."""
        self._num_written += 1
        if self._is_thinking:
            self._num_thought += 1
        else:
            self._num_others += 1


class TextEmitter:
    """Turns tokens into events, holding back what might become a stop string or a tag."""

    def __init__(self, tokenizer: Tokenizer, stop: tuple[str, ...], is_thought: bool) -> None:
        self._stream = TextStream(tokenizer)
        self._stop = stop
        self._held = ""
        self._thoughts = ThoughtStream(is_thought)
        self._logprobs: list[TokenLogprob] = []
        self.text = ""
        self.is_stopped = False

    @property
    def said(self) -> str:
        """All that was said, what is held back included."""
        return self.text + self._held

    @property
    def is_thought(self) -> bool:
        """Whether what comes next belongs to a thought."""
        return self._thoughts.is_thought

    def say(self, token: int, logprob: TokenLogprob | None) -> list[TextDelta]:
        """What this token completes, up to a stop string."""
        if logprob:
            self._logprobs.append(logprob)
        return self._push(self._stream.push(token))

    def say_all(self, tokens: Sequence[int]) -> list[TextDelta]:
        """What these tokens complete."""
        return [delta for token in tokens for delta in self.say(token, None)]

    def finish(self) -> list[TextDelta]:
        """What is left."""
        said = [] if self.is_stopped else self._push(self._stream.finish())
        if not self.is_stopped and self._held:
            said += self._said(self._held)
        return said + self._deltas(self._thoughts.finish())

    def _push(self, piece: str) -> list[TextDelta]:
        if not self._stop:
            return self._said(piece)
        held = self._held + piece
        found = [at for at in (held.find(stop) for stop in self._stop) if at >= 0]
        if found:
            self.is_stopped, self._held = True, ""
            return self._said(held[: min(found)])
        keep = max(_overlap(held, stop) for stop in self._stop)
        self._held = held[len(held) - keep :]
        return self._said(held[: len(held) - keep])

    def _said(self, text: str) -> list[TextDelta]:
        self.text += text
        return self._deltas(self._thoughts.push(text))

    def _deltas(self, pieces: list[tuple[str, bool]]) -> list[TextDelta]:
        deltas = []
        for text, is_thought in pieces:
            deltas.append(TextDelta(text, is_thought, tuple(self._logprobs)))
            self._logprobs = []
        return deltas


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` with which `stop` begins."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)
