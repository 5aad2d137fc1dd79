"""A loaded model and what can be asked of it in one line."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import PIL.Image

from .checkpoints.defaults import Defaults
from .checkpoints.load import load as load_checkpoint
from .errors import InputError, MindseyeError, nearest
from .events import Event, Failed, ImageDone, TextDone, TurnEnd
from .generation.conversation import Conversation
from .generation.engine import Engine
from .generation.policies import WhenToDraw
from .generation.text import split_thought
from .generation.turns import Request, Task, prime, story_of
from .inputs.items import as_items
from .inputs.prompts import THINK_ANSWER, THINK_DRAW, prompt_text
from .loaded import LoadedModel
from .messages import Image, Text
from .params import ImageParams, TextParams, check_seed
from .pictures import save_png
from .version import __version__


@dataclass(frozen=True, eq=False)
class Reply:
    """An answer: its texts and images in the order they came."""

    parts: tuple[str | PIL.Image.Image, ...]
    thought: str | None
    end: TurnEnd
    events: tuple[Event, ...] = field(repr=False)
    facts: dict[str, Any] = field(repr=False)

    @property
    def text(self) -> str:
        """All texts, one after the other, without thoughts."""
        return "\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def images(self) -> tuple[PIL.Image.Image, ...]:
        return tuple(part for part in self.parts if isinstance(part, PIL.Image.Image))

    @property
    def image(self) -> PIL.Image.Image:
        """The last image; raises InputError when there is none."""
        if not self.images:
            raise InputError("this reply has no image; ask for one with draw or edit")
        return self.images[-1]

    def save(self, path: str | Path) -> Path:
        """Write the last image as PNG with the prompt, options, seed, model and version inside."""
        return save_png(self.image, path, self.facts)

    def __str__(self) -> str:
        return self.text


class Model:
    """A BAGEL-family model, ready to be asked. Make one with `mindseye.load`."""

    def __init__(self, loaded: LoadedModel, name: str) -> None:
        self.name = name
        self.loaded = loaded
        loaded.network.language_model.prepare_for_inference()
        self.defaults = Defaults.from_folder(loaded.folder)
        self.engine = Engine(loaded.network, loaded.vae)

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

    def request(
        self, task: Task, things: Sequence[object], *, when_to_draw: str | WhenToDraw = "model", **options: Any
    ) -> Request:
        """A request with this model's presets; `options` are fields of TextParams, ImageParams and Request."""
        if isinstance(things, (str, bytes, Path)) or not isinstance(things, Iterable):
            raise InputError(f"things is {things!r}; expected a list of texts and images, as in ['a cat']")
        items = as_items(things)
        has_image = any(isinstance(item, Image) for item in items)
        image = self.defaults.edit if task == "edit" or (task == "generate" and has_image) else self.defaults.draw
        think = options.pop("think", False)
        if not isinstance(think, bool):
            raise InputError(f"think is {think!r}; expected True or False")
        seed = options.pop("seed", None)
        system_prompt = options.pop("system_prompt", None)
        if think and system_prompt is None:
            wanted = THINK_ANSWER if task == "ask" else THINK_DRAW
            system_prompt = wanted
        system_prompt = prompt_text(self.defaults.prompts, system_prompt)
        text, image = _with_options(self.defaults.text, image, options)
        policy = when_to_draw if isinstance(when_to_draw, WhenToDraw) else WhenToDraw(when_to_draw)  # type: ignore
        seed = secrets.randbits(31) if seed is None else check_seed(seed)
        return Request(task, items, text, image, seed, think, system_prompt, policy)

    def run(self, requests: Sequence[Request], examples: Sequence[Sequence[object]] = ()) -> list[Reply]:
        """Answer any number of requests at once; each as if it were alone. Raises the first error at the end of all.

        `examples` are little conversations of texts and images that show how to answer; they are read once for
        all requests.
        """
        if isinstance(requests, Request) or not all(isinstance(request, Request) for request in requests):
            raise InputError("run takes a list of requests; make each with model.request(...)")
        start = self.primed(examples, for_drawing=any(request.task != "ask" for request in requests))
        jobs = self.engine.run([story_of(request, start.fork()) for request in requests])
        return [self.reply(request, job.events) for request, job in zip(requests, jobs, strict=True)]

    def try_all(self, requests: Sequence[Request]) -> list[Reply | MindseyeError]:
        """As `run`, but a request that fails has its error in its place, and the others their replies."""
        jobs = self.engine.run([story_of(request, Conversation(self.loaded)) for request in requests])
        found: list[Reply | MindseyeError] = []
        for request, job in zip(requests, jobs, strict=True):
            try:
                found.append(self.reply(request, job.events))
            except MindseyeError as error:
                found.append(error)
        return found

    def primed(self, examples: Sequence[Sequence[object]], for_drawing: bool = True) -> Conversation:
        """A conversation that has read `examples`; its forks share what was read."""
        start = Conversation(self.loaded)
        if examples:
            [job] = self.engine.run([prime([as_items(example) for example in examples], start, for_drawing)])
            for event in job.events:
                if isinstance(event, Failed):
                    raise event.error
        return start

    def stream(self, request: Request) -> Iterator[Event]:
        """The events of one request as they come; closing the iterator stops it. Raises the error that ends it."""
        return _until_error(self.engine.stream(story_of(request, Conversation(self.loaded))))

    def facts(self, request: Request, image: ImageDone | None) -> dict[str, Any]:
        """What a saved picture says about itself."""
        prompt = [item.text if isinstance(item, Text) else "<image>" for item in request.items]
        said: dict[str, Any] = {"task": request.task, "prompt": prompt, "seed": request.seed}
        said["options"] = image.options if image else dataclasses.asdict(request.image)
        said["size_from"] = image.size_from if image else None
        return {**said, "think": request.think, "model": self.name, "version": __version__}

    @staticmethod
    def with_seed(request: Request, seed: int) -> Request:
        """The same request with another seed."""
        return dataclasses.replace(request, seed=check_seed(seed))

    @staticmethod
    def with_params(request: Request, text: TextParams, image: ImageParams) -> Request:
        """The same request, written and drawn otherwise."""
        return dataclasses.replace(request, text=text, image=image)

    def reply(self, request: Request, events: Iterable[Event]) -> Reply:
        """The events of a finished request as one answer; raises the error that ended it."""
        parts: list[str | PIL.Image.Image] = []
        thought, end, last = None, None, None
        for event in events:
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, TextDone) and event.is_thought:
                thought = split_thought(event.text + "</think>")[0]
            elif isinstance(event, TextDone):
                found, text = split_thought(event.text)
                thought = found or thought
                parts.append(text)
            elif isinstance(event, ImageDone):
                parts.append(event.image)
                last = event
            elif isinstance(event, TurnEnd):
                end = event
        assert end is not None
        return Reply(tuple(parts), thought, end, tuple(events), self.facts(request, last))


class Chat:
    """Many turns with one model; each turn costs its own tokens, not the history's."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.conversation = Conversation(model.loaded, sees_latents=model.loaded.vae is not None)

    def say(self, *items: object, task: Task = "generate", **options: Any) -> Reply:
        """One turn: texts and images in, texts and images out."""
        request = self.model.request(task, items, **options)
        return self.model.reply(request, list(self.stream(request)))

    def stream(self, request: Request) -> Iterator[Event]:
        """One turn as events. A turn that fails or is not heard to its end leaves no trace in the conversation."""
        future = self.conversation.fork()
        yield from _until_error(self.model.engine.stream(story_of(request, future)))
        self.conversation = future


def load(model: str | Path = "pocket", **options: Any) -> Model:
    """Load a model: "pocket", a folder with the published layout, or a hub id.

    Options: device ("auto", "cpu", "cuda", "mps"), dtype ("auto", "float32", "bfloat16"), weights_name,
    understanding_only. Raises CheckpointError for a folder that is missing, incomplete or of another kind.
    """
    return Model(load_checkpoint(str(model), **options), str(model))


def _until_error(events: Iterator[Event]) -> Iterator[Event]:
    with closing(events):  # type: ignore[type-var]
        for event in events:
            if isinstance(event, Failed):
                raise event.error
            yield event


def _with_options(text: TextParams, image: ImageParams, options: dict[str, Any]) -> tuple[TextParams, ImageParams]:
    """Both params with the options that are theirs; an unknown name raises InputError."""
    text_names = {f.name for f in dataclasses.fields(TextParams)}
    image_names = {f.name for f in dataclasses.fields(ImageParams)}
    for name in options:
        if name not in text_names | image_names:
            known = sorted(text_names | image_names | {"seed", "think", "system_prompt", "when_to_draw"})
            raise InputError(f'unknown option "{name}"{nearest(name, known)}; known: {", ".join(known)}')
    text_options = {name: value for name, value in options.items() if name in text_names}
    image_options = {name: value for name, value in options.items() if name in image_names}
    return dataclasses.replace(text, **text_options), dataclasses.replace(image, **image_options)
