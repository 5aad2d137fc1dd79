"""What a request is, and its story: read, think, write, draw, in the order that serves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch

from ..errors import InputError, nearest
from ..messages import Image, Item, Text
from ..params import DRAW, ImageParams, TextParams
from .conversation import Conversation
from .policies import WhenToDraw, split_marks
from .work import Logits, Story

Task = Literal["ask", "draw", "edit", "generate"]


@dataclass(frozen=True)
class Request:
    """One turn of a person: what was said, and how the model shall answer.

    `task`: "ask" answers in words, "draw" and "edit" end in one picture, "generate" answers in words and pictures
    as `when_to_draw` decides. `system_prompt` is said first in a new conversation; with `think` it tells the model
    to think before it answers or draws. The same seed gives the same answer on every device.
    """

    task: Task
    items: tuple[Item, ...]
    text: TextParams = field(default_factory=TextParams)
    image: ImageParams = DRAW
    seed: int = 0
    think: bool = False
    system_prompt: str | None = None
    when_to_draw: WhenToDraw = field(default_factory=WhenToDraw)

    def __post_init__(self) -> None:
        if self.task not in TELL:
            raise InputError(f'the task is "{self.task}"{nearest(str(self.task), TELL)}; expected {", ".join(TELL)}')
        texts = [item.text for item in self.items if isinstance(item, Text)]
        if not self.items or (texts and not any(text.strip() for text in texts)):
            raise InputError("the prompt is empty; say what to answer or draw")
        has_image = any(isinstance(item, Image) for item in self.items)
        if self.task in ("draw", "edit") and not texts:
            raise InputError(f'the request to {self.task} has no words; say what to {self.task}, as in "a red apple"')
        if self.task == "edit" and not has_image:
            raise InputError("the request to edit has no image; give the image to edit before the instruction")


def story_of(request: Request, conversation: Conversation) -> Story[str]:
    """The story of a request; its result is the reason it ended."""
    generator = torch.Generator().manual_seed(request.seed)
    if request.system_prompt and not conversation.has_system_prompt:
        yield from conversation.say(request.system_prompt, role="system")
        conversation.has_system_prompt = True
    return (yield from TELL[request.task](request, conversation, generator))


def prime(examples: Sequence[Sequence[Item]], conversation: Conversation, for_drawing: bool) -> Story[str]:
    """Read little conversations that show how to answer; requests then go on from forks of this one."""
    for example in examples:
        for item in example:
            if isinstance(item, Image):
                yield from conversation.show(item.image, for_drawing)
            else:
                yield from conversation.say(item.text, role="example")
    conversation.last_size = None
    return "end"


def _read(request: Request, conversation: Conversation, for_drawing: bool) -> Story[Logits | None]:
    """Read all items; returns the scores of what would follow the last one, if it is a text."""
    after: Logits | None = None
    yield from conversation.look_back(for_drawing)
    for item in request.items:
        if isinstance(item, Image):
            yield from conversation.show(item.image, for_drawing)
            after = None
        elif item.text.strip():
            after = yield from conversation.say(item.text, wants="logits")
    return after


def _ask(request: Request, conversation: Conversation, generator: torch.Generator) -> Story[str]:
    yield from _read(request, conversation, for_drawing=False)
    written = yield from conversation.write(request.text, generator)
    yield from conversation.keep(written)
    return written.finish


def _draw(request: Request, conversation: Conversation, generator: torch.Generator) -> Story[str]:
    yield from _read(request, conversation, for_drawing=True)
    if request.think:
        thought = yield from conversation.write(request.text, generator, role="thought")
        yield from conversation.keep(thought, role="thought")
    yield from conversation.draw(request.image, generator, request.seed, "asked")
    return "end"


def _generate(request: Request, conversation: Conversation, generator: torch.Generator) -> Story[str]:
    policy = request.when_to_draw
    if policy.kind == "marks":
        return (yield from _fill_marks(request, conversation, generator))
    after = yield from _read(request, conversation, for_drawing=policy.kind != "never")
    if policy.kind == "force":
        return (yield from _force(request, conversation, generator))
    num_texts = num_images = 0
    why = _called_by_model(after, policy, conversation)
    while True:
        if why and num_images == policy.max_images:
            return "max_images"
        if why:
            yield from conversation.draw(request.image, generator, request.seed, why)
            after = yield from conversation.look_back(for_drawing=True, wants="logits")
            num_images += 1
            why = _called_by_model(after, policy, conversation)
        else:
            if num_texts == policy.max_rounds:
                return "max_rounds"
            written = yield from conversation.write(request.text, generator)
            after = yield from conversation.keep(written, wants="logits")
            num_texts += 1
            if policy.is_final(written.text):
                return "stop"
            is_called = policy.kind == "rule" and policy.calls_for_picture(written.text)
            why = "rule" if is_called else _called_by_model(after, policy, conversation)
        if not why and not _goes_on(after, policy, conversation):
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
    yield from conversation.look_back(for_drawing=True)
    for item in request.items:
        if isinstance(item, Image):
            yield from conversation.show(item.image, for_drawing=True)
            continue
        first, *later = split_marks(item.text)
        if first.strip():
            yield from conversation.say(first.strip())
            is_answer_due = True
        for piece in later:
            if num_images == request.when_to_draw.max_images:
                return "max_images"
            yield from conversation.draw(request.image, generator, request.seed, "mark")
            yield from conversation.look_back(for_drawing=True)
            num_images += 1
            is_answer_due = bool(piece.strip())
            if is_answer_due:
                yield from conversation.say(piece.strip())
    if not is_answer_due:
        return "end"
    written = yield from conversation.write(request.text, generator)
    yield from conversation.keep(written)
    return written.finish


def _called_by_model(after: Logits | None, policy: WhenToDraw, conversation: Conversation) -> str | None:
    """ "model" or "bias" when the model's next token opens an image, by itself or leaned on."""
    if policy.kind != "model" or after is None:
        return None
    opening = conversation.loaded.tokenizer.special.image_start
    if after.best == opening and policy.image_bias >= 0:
        return "model"
    leaned = after.scores.clone()
    leaned[opening] += policy.image_bias
    if int(leaned.argmax()) != opening:
        return None
    return "model" if after.best == opening else "bias"


def _goes_on(after: Logits | None, policy: WhenToDraw, conversation: Conversation) -> bool:
    """Whether another text follows: by rule after a picture, else when the model opens one."""
    if policy.kind == "model":
        return after is not None and after.best == conversation.loaded.tokenizer.special.start
    return False


TELL: dict[str, Callable[[Request, Conversation, torch.Generator], Story[str]]] = {
    "ask": _ask,
    "draw": _draw,
    "edit": _draw,
    "generate": _generate,
}
