"""What a request is, and its story: read, think, write, draw, in the order that serves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch

from ..errors import InputError, nearest
from ..inputs.items import as_messages
from ..messages import Image, Item, Message, Text
from ..params import DRAW, ImageParams, TextParams
from .conversation import Conversation
from .policies import WhenToDraw, split_marks
from .views import View
from .work import Logits, Look, Story

Task = Literal["ask", "draw", "edit", "generate"]


@dataclass(frozen=True, eq=False)
class Request:
    """What was said, and how the model shall answer.

    `messages`: a whole conversation whose last message is the user's, or, as the short form for one user's turn, its
    items. `task`: "ask" answers in words, "draw" and "edit" end in one picture, "generate" answers in words and
    pictures as `when_to_draw` decides. `system_prompt` is said first in a conversation that has none; with `think` it
    tells the model to think before it answers or draws. The same seed draws the same noise on every device. After
    `deadline` seconds the request ends with DeadlineError.
    """

    task: Task
    messages: tuple[Message, ...] | tuple[Item, ...]
    text: TextParams = field(default_factory=TextParams)
    image: ImageParams = DRAW
    seed: int = 0
    think: bool = False
    system_prompt: str | None = None
    when_to_draw: WhenToDraw = field(default_factory=WhenToDraw)
    deadline: float | None = None

    def __post_init__(self) -> None:
        if self.task not in TELL:
            raise InputError(f'the task is "{self.task}"{nearest(str(self.task), TELL)}; expected {", ".join(TELL)}')
        are_messages = [isinstance(message, Message) for message in self.messages]
        said = as_messages(self.messages if all(are_messages) else [Message("user", self.messages)])
        object.__setattr__(self, "messages", said)
        if not self.messages or self.said[-1].role != "user":
            raise InputError("the last message is not the user's; end with what the model shall answer")
        texts = [item.text for item in self.items if isinstance(item, Text)]
        if not self.items or (texts and not any(text.strip() for text in texts)):
            raise InputError("the prompt is empty; say what to answer or draw")
        if self.task in ("draw", "edit") and not texts:
            raise InputError(f'the request to {self.task} has no words; say what to {self.task}, as in "a red apple"')
        if self.task == "edit" and not any(isinstance(item, Image) for m in self.said for item in m.items):
            raise InputError("the request to edit has no image; give the image to edit before the instruction")
        is_number = isinstance(self.deadline, (int, float)) and not isinstance(self.deadline, bool)
        if self.deadline is not None and not (is_number and self.deadline > 0):
            raise InputError(f"deadline is {self.deadline!r}; expected seconds above 0")

    @property
    def said(self) -> tuple[Message, ...]:
        """The messages."""
        return self.messages  # type: ignore[return-value]

    @property
    def items(self) -> tuple[Item, ...]:
        """What the user said last."""
        return tuple(self.said[-1].items)


def story_of(request: Request, conversation: Conversation) -> Story[str]:
    """The story of a request; its result is the reason it ended."""
    generator = torch.Generator().manual_seed(request.seed)
    has_own = any(message.role == "system" for message in request.said)
    if request.system_prompt and not has_own and not conversation.has_system_prompt:
        conversation.say(request.system_prompt, role="system")
    for message in request.said[:-1]:
        conversation.hear(message)
    return (yield from TELL[request.task](request, conversation, generator))


def prime(examples: Sequence[Sequence[Item]], conversation: Conversation, views: Sequence[View]) -> Story[str]:
    """Read little conversations that show how to answer; requests then go on from forks of this one."""
    for example in examples:
        for item in example:
            conversation.add(item, role="example")
    for view in views:
        yield from conversation.read(view)
    conversation.last_size = None
    return "end"


def _hear(request: Request, conversation: Conversation) -> bool:
    """Take in what was said last; returns whether it ends in words."""
    spoken = [item for item in request.items if isinstance(item, Image) or item.text.strip()]
    conversation.hear(Message("user", spoken))
    return isinstance(spoken[-1], Text)


def _ask(request: Request, conversation: Conversation, generator: torch.Generator) -> Story[str]:
    _hear(request, conversation)
    written = yield from conversation.write(request.text, generator, "understanding")
    yield from conversation.keep(written, "understanding")
    return written.finish


def _draw(request: Request, conversation: Conversation, generator: torch.Generator) -> Story[str]:
    _hear(request, conversation)
    if request.think:
        thought = yield from conversation.write(request.text, generator, role="thought")
        yield from conversation.keep(thought, role="thought")
    yield from conversation.draw(request.image, generator, request.seed, "asked")
    return "end"


def _generate(request: Request, conversation: Conversation, generator: torch.Generator) -> Story[str]:
    """Words and pictures as the policy decides; until something was drawn, words are written from what `ask` sees."""
    policy = request.when_to_draw
    if policy.kind == "marks":
        return (yield from _fill_marks(request, conversation, generator))
    ends_in_words = _hear(request, conversation)
    if policy.kind == "force":
        return (yield from _force(request, conversation, generator))
    view: View = "understanding" if policy.kind == "never" else "whole"
    after = (yield from conversation.read(view, "logits")) if ends_in_words else None
    num_texts = num_images = 0
    why = yield from _called_by_model(after, policy, conversation)
    while True:
        if why and num_images == policy.max_images:
            return "max_images"
        if why:
            yield from conversation.draw(request.image, generator, request.seed, why)
            num_images += 1
            after = yield from conversation.read(view, "logits")
            why = yield from _called_by_model(after, policy, conversation)
            goes_on = policy.kind == "rule" or _opens_text(after, policy, conversation)
        else:
            if num_texts == policy.max_rounds:
                return "max_rounds"
            eyes: View = view if conversation.has_drawn else "understanding"
            written = yield from conversation.write(request.text, generator, eyes)
            yield from conversation.keep(written, eyes)
            after = yield from conversation.read(view, "logits")
            num_texts += 1
            if policy.is_final(written.text):
                return "stop"
            is_called = policy.kind == "rule" and policy.calls_for_picture(written.text)
            why = "rule" if is_called else (yield from _called_by_model(after, policy, conversation))
            goes_on = _opens_text(after, policy, conversation)
        if not why and not goes_on:
            return "end"


def _force(request: Request, conversation: Conversation, generator: torch.Generator) -> Story[str]:
    """A text, unless it is not wanted, and then a picture whatever the model says."""
    if request.when_to_draw.write_first:
        written = yield from conversation.write(request.text, generator)
        yield from conversation.keep(written, role="thought")
    if request.when_to_draw.max_images == 0:
        return "max_images"
    yield from conversation.draw(request.image, generator, request.seed, "forced")
    return "end"


def _fill_marks(request: Request, conversation: Conversation, generator: torch.Generator) -> Story[str]:
    """A picture at every mark; words that follow the last mark are answered in words."""
    num_images, is_answer_due = 0, True
    for item in request.items:
        if isinstance(item, Image):
            conversation.show(item.image)
            continue
        first, *later = split_marks(item.text)
        if first.strip():
            conversation.say(first.strip())
            is_answer_due = True
        for piece in later:
            if num_images == request.when_to_draw.max_images:
                return "max_images"
            yield from conversation.draw(request.image, generator, request.seed, "mark")
            num_images += 1
            is_answer_due = bool(piece.strip())
            if is_answer_due:
                conversation.say(piece.strip())
    if not is_answer_due:
        return "end"
    written = yield from conversation.write(request.text, generator)
    yield from conversation.keep(written)
    return written.finish


def _called_by_model(after: Logits | None, policy: WhenToDraw, conversation: Conversation) -> Story[str | None]:
    """ "model" or "bias" when the model's next token opens an image, by itself or leaned on."""
    opening = conversation.loaded.prompt_format.image_opening
    if policy.kind != "model" or after is None or opening is None:
        return None
    if after.best == opening and policy.image_bias >= 0:
        return "model"
    if policy.image_bias == 0:
        return None
    leaned = after.scores.clone()
    leaned[opening] += policy.image_bias
    if (yield Look(leaned.argmax())) != opening:
        return None
    return "model" if after.best == opening else "bias"


def _opens_text(after: Logits | None, policy: WhenToDraw, conversation: Conversation) -> bool:
    """Whether the model's next token opens another text."""
    return policy.kind == "model" and after is not None and after.best == conversation.loaded.prompt_format.opening[0]


TELL: dict[str, Callable[[Request, Conversation, torch.Generator], Story[str]]] = {
    "ask": _ask,
    "draw": _draw,
    "edit": _draw,
    "generate": _generate,
}
