"""A loaded model and what can be asked of it in one line."""

from __future__ import annotations

import dataclasses
import itertools
import queue
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .checkpoints.defaults import Defaults
from .checkpoints.estimate import request_cache_bytes
from .errors import InputError, MindseyeError, OverloadedError, nearest
from .events import Event, Failed, ImageDone, TurnEnd
from .generation.coming import Coming, checked
from .generation.conversation import Conversation
from .generation.engine import Engine, Stats
from .generation.job import Job, Listener
from .generation.policies import WhenToDraw
from .generation.runner import Runner, cancelled_together
from .generation.scheduler import EngineConfig
from .generation.turns import Request, Task, prime, story_of
from .generation.views import View
from .generation.work import Story
from .inputs.items import as_items, as_messages
from .inputs.prompts import THINK_ANSWER, THINK_DRAW, prompt_text
from .loaded import LoadedModel
from .messages import Image, Text
from .params import ImageParams, TextParams, check_seed
from .reply import Reply, parts_of
from .version import __version__

PATIENCE = 0.02  # seconds between tries where too many requests wait


class Model:
    """A model, ready to be asked from any number of threads. Make one with `mindseye.load`."""

    loaded: LoadedModel

    def __init__(self, loaded: LoadedModel, name: str, engine: EngineConfig | None = None) -> None:
        self.name = name
        self.loaded = loaded
        self.defaults = Defaults.from_folder(loaded.folder)
        self.engine = Engine(loaded.network, loaded.vae, engine)
        self.runner = Runner(self.engine)

    # Ask and wait

    def ask(self, *items: object, **options: Any) -> Reply:
        """Answer a question about any number of images and texts, in words."""
        return self.run([self.request("ask", items, **options)])[0]

    def draw(self, prompt: str, **options: Any) -> Reply:
        """Draw what the prompt says."""
        return self.run([self.request("draw", [prompt], **options)])[0]

    def edit(self, *items: object, **options: Any) -> Reply:
        """Change an image as the instruction says: one or more images, then the words."""
        return self.run([self.request("edit", items, **options)])[0]

    def imagine(self, image: object, action: str, **options: Any) -> Reply:
        """Draw what would be seen after an action in the scene of the image."""
        return self.run([self.request("edit", [image, action], **options)])[0]

    def generate(self, *items: object, when_to_draw: str | WhenToDraw = "model", **options: Any) -> Reply:
        """Answer with texts and images in any order, as the policy decides."""
        return self.run([self.request("generate", items, when_to_draw=when_to_draw, **options)])[0]

    def chat(self) -> Chat:
        """A conversation of many turns that remembers everything said."""
        return Chat(self)

    # Requests

    def request(
        self,
        task: Task,
        things: Iterable[object] = (),
        *,
        messages: Iterable[object] = (),
        when_to_draw: str | WhenToDraw = "model",
        **options: Any,
    ) -> Request:
        """A request with this model's presets.

        `things` are texts and images that a user says in one turn. `messages` say a whole conversation instead, as
        Message objects, (role, content) pairs or {"role", "content"} objects; the last one is the user's. `options`
        are fields of TextParams, ImageParams and Request; `think` None thinks where the checkpoint recommends it, in
        a request of one turn.
        """
        if isinstance(things, (str, bytes, Path)) or not isinstance(things, Iterable):
            raise InputError(f"things is {things!r}; expected a list of texts and images, as in ['a cat']")
        said: tuple[Any, ...] = as_messages(messages)
        items = as_items(things)
        if said and items:
            raise InputError("both things and messages were given; put everything into messages")
        seen = items or [item for message in said for item in message.items]
        has_image = any(isinstance(item, Image) for item in seen)
        image = self.defaults.edit if task == "edit" or (task == "generate" and has_image) else self.defaults.draw
        seed, deadline = options.pop("seed", None), options.pop("deadline", None)
        think, system_prompt = options.pop("think", None), options.pop("system_prompt", None)
        if not isinstance(think, bool | None):
            raise InputError(f"think is {think!r}; expected True or False, or None for what the model recommends")
        if think is None:
            is_plain = system_prompt is None and len(said) < 2
            think = is_plain and task in self.defaults.thinks
        if think and system_prompt is None:
            system_prompt = THINK_ANSWER if task == "ask" else THINK_DRAW
        system_prompt = prompt_text(self.defaults.prompts, system_prompt)
        text, image = _with_options(self.defaults.text, image, options)
        policy = when_to_draw if isinstance(when_to_draw, WhenToDraw) else WhenToDraw(when_to_draw)  # type: ignore
        seed = secrets.randbits(31) if seed is None else check_seed(seed)
        return Request(task, said or items, text, image, seed, think, system_prompt, policy, deadline)

    @staticmethod
    def with_seed(request: Request, seed: int) -> Request:
        """The same request with another seed."""
        return dataclasses.replace(request, seed=check_seed(seed))

    @staticmethod
    def with_params(request: Request, text: TextParams, image: ImageParams) -> Request:
        """The same request, written and drawn otherwise."""
        return dataclasses.replace(request, text=text, image=image)

    def run(self, requests: Sequence[Request], examples: Sequence[Sequence[object]] = ()) -> list[Reply]:
        """Answer any number of requests at once; each as if it were alone. Raises the first error at the end of all.

        `examples` are little conversations of texts and images that show how to answer; they are read once for
        all requests.
        """
        found = self.try_all(requests, examples)
        for reply in found:
            if isinstance(reply, Exception):
                raise reply
        return [reply for reply in found if isinstance(reply, Reply)]

    def try_all(
        self, requests: Sequence[Request], examples: Sequence[Sequence[object]] = ()
    ) -> list[Reply | Exception]:
        """As `run`, but a request that fails has its error in its place, and the others their replies."""
        found = list(requests) if isinstance(requests, Iterable) else None
        if found is None or not all(isinstance(request, Request) for request in found):
            raise InputError("run takes a list of requests; make each with model.request(...)")
        requests = found
        start = self.primed(examples, [request.task for request in requests])
        jobs: list[Job] = []
        with cancelled_together(jobs):
            jobs += (self._start(request, start.fork() if start else None) for request in requests)
            for job in jobs:
                job.wait_for_end()
        return [self._outcome(request, job) for request, job in zip(requests, jobs, strict=True)]

    def map(
        self, requests: Iterable[Request], window: int = 16, in_order: bool = False
    ) -> Iterator[tuple[Request, Reply | Exception]]:
        """(request, reply or error) for any number of requests, however long, with at most `window` of them alive.

        They come as they end, or with `in_order` as they were given. Where `requests` itself raises, those before it
        are answered first. Leaving the loop cancels those that run.
        """
        if isinstance(window, bool) or not isinstance(window, int) or window < 1:
            raise InputError(f"window is {window!r}; expected a whole number from 1 on")
        if isinstance(requests, Request) or not isinstance(requests, Iterable):
            raise InputError("map takes any number of requests; make each with model.request(...)")
        self.runner.check_place()
        ended: queue.SimpleQueue[int] = queue.SimpleQueue()
        alive: dict[int, tuple[Request, Job]] = {}
        coming, number, turn = Coming(requests), 0, -1
        try:
            while True:
                for request in itertools.islice(coming, window - len(alive)):
                    alive[number] = request, self._start(request, None, _when_ended(ended, number))
                    number += 1
                if not alive:
                    coming.raise_error()
                    return
                if in_order:
                    turn += 1
                    alive[turn][1].wait_for_end()
                else:
                    turn = ended.get()
                request, job = alive.pop(turn)
                yield request, self._outcome(request, job)
        finally:
            for _, job in alive.values():
                job.cancel()

    def submit(self, request: Request, on_event: Listener | None = None) -> Job:
        """Start a request and return at once; listen to the job with `for` or `async for`, or `wait` for its events.

        Raises OverloadedError where too many wait, MemoryShortError where it can never fit.
        """
        checked(request)
        return self.runner.submit(self.story(request), on_event, self.cost(request), request.deadline)

    def _start(
        self, request: Request, conversation: Conversation | None = None, on_event: Listener | None = None
    ) -> Job:
        """As `submit`, but a request that is refused is a job that failed, and it waits while too many others do."""
        while True:
            try:
                story = self.story(request, conversation)
                return self.runner.submit(story, on_event, self.cost(request), request.deadline)
            except OverloadedError as error:
                if self.runner.is_here():
                    return Job.failed(error, on_event)
                time.sleep(PATIENCE)
            except MindseyeError as error:
                return Job.failed(error, on_event)

    def stream(self, request: Request) -> Iterator[Event]:
        """The events of one request as they come; closing the iterator stops it. Raises the error that ends it."""
        yield from self.submit(request)

    # The same for asyncio

    async def stream_async(self, request: Request) -> AsyncIterator[Event]:
        """The events of one request as they come; leaving the loop stops it. Raises the error that ends it."""
        async for event in self.submit(request):
            yield event

    async def answer_async(self, request: Request) -> Reply:
        """The reply to a request; cancelling the task stops it."""
        return self.reply(request, [event async for event in self.submit(request)])

    async def ask_async(self, *items: object, **options: Any) -> Reply:
        """`ask` for asyncio."""
        return await self.answer_async(self.request("ask", items, **options))

    async def draw_async(self, prompt: str, **options: Any) -> Reply:
        """`draw` for asyncio."""
        return await self.answer_async(self.request("draw", [prompt], **options))

    async def edit_async(self, *items: object, **options: Any) -> Reply:
        """`edit` for asyncio."""
        return await self.answer_async(self.request("edit", items, **options))

    async def generate_async(self, *items: object, when_to_draw: str | WhenToDraw = "model", **options: Any) -> Reply:
        """`generate` for asyncio."""
        return await self.answer_async(self.request("generate", items, when_to_draw=when_to_draw, **options))

    # What stands behind it

    @property
    def notes(self) -> tuple[str, ...]:
        """What was odd in its folder, in sentences."""
        return self.loaded.notes

    def conversation(self) -> Conversation:
        """An empty conversation that finds again what other requests have read."""
        return Conversation(self.loaded, self.engine.prefixes)

    def story(self, request: Request, conversation: Conversation | None = None) -> Story[str]:
        """What the engine runs for a request, in a new conversation unless one is given."""
        return story_of(request, conversation or self.conversation())

    def primed(
        self, examples: Sequence[Sequence[object]], tasks: Iterable[Task] = ("generate",)
    ) -> Conversation | None:
        """A conversation that has read `examples` as these tasks need them; its forks share what was read."""
        if not examples:
            return None
        start = self.conversation()
        views: set[View] = {"understanding" if task == "ask" else "whole" for task in tasks}
        said = [as_items(example) for example in examples]
        [job] = self.runner.run([prime(said, start, sorted(views))])
        job.result()
        return start

    def cost(self, request: Request) -> int:
        """Bytes of keys and values that a request will take, by estimate."""
        return request_cache_bytes(self.loaded, request.said, request.text, request.image, request.task)

    def stats(self) -> Stats:
        """What is going on: requests that wait and run, tokens, bytes of keys and values."""
        return self.runner.stats()

    def close(self, finish: bool = True) -> None:
        """Take no more requests, finish those that run (or drop them) and forget all keys and values."""
        self.runner.close(finish)
        self.engine.prefixes.clear()

    def facts(self, request: Request, image: ImageDone | None) -> dict[str, Any]:
        """What a saved picture says about itself."""
        prompt = [item.text if isinstance(item, Text) else "<image>" for item in request.items]
        said: dict[str, Any] = {"task": request.task, "prompt": prompt, "seed": request.seed}
        said["options"] = image.options if image else dataclasses.asdict(request.image)
        said["size_from"] = image.size_from if image else None
        return {**said, "think": request.think, "model": self.name, "version": __version__}

    def reply(self, request: Request, events: Iterable[Event]) -> Reply:
        """The events of a finished request as one answer; raises the error that ended it."""
        events = tuple(events)
        if isinstance(events[-1], Failed):
            raise events[-1].error
        parts, thought = parts_of(events)
        end = next(event for event in reversed(events) if isinstance(event, TurnEnd))
        last = next((event for event in reversed(events) if isinstance(event, ImageDone)), None)
        return Reply(parts, thought, end, events, self.facts(request, last))

    def _outcome(self, request: Request, job: Job) -> Reply | Exception:
        try:
            return self.reply(request, job.result())
        except Exception as error:
            return error


class Chat:
    """Many turns with one model; each turn costs its own tokens, not the history's."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.conversation = model.conversation()

    def say(self, *items: object, task: Task = "generate", **options: Any) -> Reply:
        """One turn: texts and images in, texts and images out; it thinks only where it is told to."""
        request = self.model.request(task, items, **{"think": False, **options})
        return self.model.reply(request, list(self.stream(request)))

    def stream(self, request: Request) -> Iterator[Event]:
        """One turn as events. A turn that fails or is not heard to its end leaves no trace in the conversation."""
        future, model = self.conversation.fork(), self.model
        story = model.story(request, future)
        for event in model.runner.submit(story, cost=model.cost(request), deadline=request.deadline):
            if isinstance(event, TurnEnd):
                self.conversation = future
            yield event


def _when_ended(ended: queue.SimpleQueue[int], number: int) -> Listener:
    def listen(event: Event) -> None:
        if isinstance(event, (TurnEnd, Failed)):
            ended.put(number)

    return listen


def _with_options(text: TextParams, image: ImageParams, options: dict[str, Any]) -> tuple[TextParams, ImageParams]:
    """Both params with the options that are theirs; an unknown name raises InputError."""
    text_names = {f.name for f in dataclasses.fields(TextParams)}
    image_names = {f.name for f in dataclasses.fields(ImageParams)}
    for name in options:
        if name not in text_names | image_names:
            known = sorted(text_names | image_names | {"seed", "think", "system_prompt", "when_to_draw", "deadline"})
            raise InputError(f'unknown option "{name}"{nearest(name, known)}; known: {", ".join(known)}')
    text_options = {name: value for name, value in options.items() if name in text_names}
    image_options = {name: value for name, value in options.items() if name in image_names}
    return dataclasses.replace(text, **text_options), dataclasses.replace(image, **image_options)
