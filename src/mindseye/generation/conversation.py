"""A conversation: what was said to a model, and what it can be asked for, each as a story for the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import asdict

import PIL.Image
import torch
from torch import Tensor

from ..errors import ONLY_UNDERSTANDS, InputError, MindseyeError
from ..events import DrawingStarted, ImageDone, TextDone
from ..inputs.images import from_pixels
from ..inputs.segments import LatentSegment, Segment, TextSegment
from ..loaded import LoadedModel
from ..messages import Image, Item, Message, Text
from ..networks.config import LatentGrid
from ..networks.grids import grid_indices, tokens_to_latent
from ..params import ImageParams, TextParams
from .flow import Branches, denoise
from .prefix_cache import PrefixCache
from .prepare import check_drawing_size
from .text import Writer, Written
from .views import View, Views
from .work import Decode, Latents, Logits, Story, Wants


class Conversation:
    """What has been said between a person and a model.

    Saying and showing cost nothing yet: the network reads when something is to be written or drawn, and then what
    that needs. Words are answered from the view "understanding", drawings from the "whole".
    """

    def __init__(self, loaded: LoadedModel, prefixes: PrefixCache | None = None) -> None:
        """`prefixes` is where other requests' keys and values are found again."""
        self.loaded = loaded
        self.views = Views(loaded.network, PrefixCache(0) if prefixes is None else prefixes)
        self.last_size: tuple[int, int] | None = None
        self.has_system_prompt = self.has_drawn = False
        self._drawn: PIL.Image.Image | None = None

    def fork(self) -> Conversation:
        """A conversation with the same past and a future of its own; keys and values are shared."""
        twin = copy(self)
        twin.views = self.views.fork()
        return twin

    def hear(self, message: Message) -> None:
        """Add a message of any role; raises InputError where it is more than the model can hold."""
        self._look_back()
        self.has_system_prompt |= message.role == "system"
        self.has_drawn |= message.role == "assistant" and any(isinstance(item, Image) for item in message.items)
        prompt_format = self.loaded.prompt_format
        segments = prompt_format.segments(message, self._see)
        if prompt_format.start and not self.views.said:
            segments.insert(0, TextSegment(prompt_format.start, "system"))
        num_before = self.views.num_positions
        num_new = sum(segment.num_positions for segment in segments)
        most = self.loaded.network.max_position_embeddings
        if num_before + num_new > most:
            raise InputError(
                f"a message of {num_new} tokens came after {num_before}; this model reads at most {most} in all: "
                "shorten it or begin anew"
            )
        self.views.add(segments)

    def say(self, text: str, role: str = "user") -> None:
        """Add a text; raises InputError as `hear` does."""
        self.hear(Message(role, (Text(text),)))

    def show(self, image: PIL.Image.Image, role: str = "user") -> None:
        """Add an image: for understanding, and as a condition for whatever will be drawn."""
        self.hear(Message(role, (Image(image),)))

    def add(self, item: Item, role: str = "user") -> None:
        """Add a text or an image."""
        self.hear(Message(role, (item,)))

    def read(self, view: View = "whole", wants: Wants = "nothing") -> Story[Logits | None]:
        """Let the network read what it has not; with wants="logits" returns the scores of what would follow."""
        self._look_back()
        return (yield from self.views.context(view, wants)).after

    def write(
        self,
        params: TextParams,
        generator: torch.Generator,
        view: View = "whole",
        role: str = "assistant",
        watch: Callable[[Logits], None] | None = None,
    ) -> Story[Written]:
        """Let the model write a text. It is not part of the conversation before `keep`."""
        self._look_back()
        is_thought = role == "thought"
        context = yield from self.views.context(view)
        loaded, most = self.loaded, self.loaded.network.max_position_embeddings
        num_left = most - context.position - len(loaded.prompt_format.opening) - len(loaded.prompt_format.closing)
        if num_left < 1:
            raise InputError(
                f"{context.position} of the {most} tokens that this model can hold are taken, so nothing can be "
                "answered: shorten what was said or begin anew"
            )
        writer = Writer(context, loaded.tokenizer, loaded.prompt_format, params, num_left)
        written = yield from writer.write(generator, is_thought, watch)
        yield TextDone(written.text, written.ids, written.finish, is_thought, written.logprobs)
        return written

    def keep(
        self, written: Written, view: View = "whole", role: str = "assistant", wants: Wants = "nothing"
    ) -> Story[Logits | None]:
        """Add a text written in `view` to the conversation; its keys and values are reused where they can be."""
        tokenizer = self.loaded.tokenizer
        has_special = any(tokenizer.is_special(i) for i in written.ids)
        ids = tuple(tokenizer.encode(written.text, allow_special=has_special))
        segment = self.loaded.prompt_format.written(ids, role)
        self.views.add([segment])
        if ids == written.ids:  # bytes that are no text, or a stop string, do not survive the way through text
            yield from written.end(segment, wants)
            self.views.adopt(view, written.draft)
        elif wants == "nothing":
            return None
        return (yield from self.read(view, wants))

    def draw(
        self,
        params: ImageParams,
        generator: torch.Generator,
        seed: int,
        why: str = "asked",
        noise: Tensor | None = None,
        watch: Callable[[Tensor], None] | None = None,
    ) -> Story[PIL.Image.Image]:
        """Draw a picture from all that was said, which it then is a part of; emits and returns it.

        `noise` (L, Z) replaces the generator's; `watch` sees the clean latent tokens (L, Z).
        """
        grid = self.loaded.network.latents
        if grid is None:
            raise MindseyeError(ONLY_UNDERSTANDS)
        self._look_back()
        width, height, size_from = self._drawing_size(params, grid)
        branches = yield from self._branches(params)
        columns, rows = (side // grid.pixels_per_token for side in (width, height))
        indices = grid_indices(rows, columns, grid.side)
        if noise is None:
            noise = torch.randn(indices.numel(), grid.token_size, generator=generator)
        yield DrawingStarted(width, height, why, size_from)
        paint = Paint(rows, columns, grid.patch)
        frame, start = self.loaded.prompt_format.image_frame, Latents(noise, 1.0, indices)
        tokens = yield from denoise(self.loaded.network, branches, start, params, frame, paint)
        if watch:
            watch(tokens)
        image = yield from paint(tokens)
        options = {**asdict(params), "width": width, "height": height}
        yield ImageDone(image, why, size_from, seed, options)
        self.last_size, self._drawn = image.size, image
        return image

    def _look_back(self) -> None:
        """Take the picture that was drawn last into what was said; it waits until somebody goes on from it."""
        if self._drawn is not None:
            drawn, self._drawn = self._drawn, None
            self.show(drawn, role="assistant")

    def _see(self, image: PIL.Image.Image) -> Sequence[Segment]:
        """An image's segments; a drawing that follows takes its size."""
        segments = self.loaded.image_processor.segments(image, self.loaded.prompt_format.image_frame)
        sizes = [segment.image.size for segment in segments if isinstance(segment, LatentSegment)]
        self.last_size = sizes[-1] if sizes else self.last_size
        return segments

    def _branches(self, params: ImageParams) -> Story[Branches]:
        """The contexts that this drawing's guidance needs."""
        views: list[View] = ["whole"]
        if params.has_text_guidance:
            views.append("without_newest_text")
        if params.has_image_guidance:
            views.append("without_images")
        contexts = []
        for view in views:
            contexts.append((yield from self.views.context(view)))
        return Branches(*contexts)

    def _drawing_size(self, params: ImageParams, grid: LatentGrid) -> tuple[int, int, str]:
        """Width, height, and where they come from."""
        if (params.width is None) != (params.height is None):
            raise InputError(
                f"only the {'width' if params.width else 'height'} was given; give width and height, or neither for "
                "the last image's or the model's own"
            )
        if params.width is not None and params.height is not None:
            check_drawing_size(params.width, params.height, grid)
            return params.width, params.height, "asked"
        if self.last_size is not None:
            return *self.last_size, "last image"
        side = min(self.loaded.image_processor.usual_side, grid.most_pixels)
        return side, side, "default"


class Paint:
    """Turns latent tokens (L, Z) of a picture of some size into an image, through the autoencoder."""

    def __init__(self, rows: int, columns: int, patch: int) -> None:
        self._shape = (rows, columns, patch)

    def __call__(self, tokens: Tensor) -> Story[PIL.Image.Image]:
        return from_pixels((yield Decode(tokens_to_latent(tokens, *self._shape))))
