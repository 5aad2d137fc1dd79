"""A conversation: what can be said to a model and what it can be asked for, each as a story for the engine."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import asdict

import PIL.Image
import torch
from torch import Tensor

from ..errors import ONLY_UNDERSTANDS, InputError, MindseyeError
from ..events import DrawingStarted, ImageDone, TextDone
from ..inputs.images import from_pixels
from ..inputs.segments import LatentSegment, TextSegment, grid_indices, latent_to_tokens, tokens_to_latent
from ..loaded import LoadedModel
from ..params import ImageParams, TextParams
from .context import GuidanceContexts
from .flow import Branches, denoise
from .prepare import check_drawing_size, prepare_image
from .text import Written, write_text
from .work import Decode, Encode, Feed, Logits, Story, Wants


class Conversation:
    """What has been said between a person and a model, and what the model keeps of it."""

    def __init__(self, loaded: LoadedModel, sees_latents: bool = False) -> None:
        """With `sees_latents` every image is read as a condition for drawing too, since a drawing may follow."""
        self.loaded = loaded
        self.sees_latents = sees_latents
        self.config = loaded.network.config
        self.contexts = GuidanceContexts(loaded.network, loaded.tokenizer.special)
        self.last_size: tuple[int, int] | None = None
        self.has_system_prompt = False
        self._unseen: PIL.Image.Image | None = None

    def fork(self) -> Conversation:
        """A conversation with the same past and a future of its own; keys and values are shared."""
        twin = copy(self)
        twin.contexts = self.contexts.fork()
        return twin

    def say(self, text: str, role: str = "user", wants: Wants = "nothing") -> Story[Logits | None]:
        """Add a text; with wants="logits" returns the scores of what would follow it."""
        segment = TextSegment(tuple(self.loaded.tokenizer.encode(text)), role)
        most = self.config.decoder.max_position_embeddings
        if self.contexts.full.position + segment.num_positions > most:
            raise InputError(
                f"a text of {len(segment.ids)} tokens came after {self.contexts.full.position}; this model reads "
                f"at most {most} in all: shorten it or begin anew"
            )
        return (yield from self.contexts.full.read(segment, wants))

    def show(self, image: PIL.Image.Image, for_drawing: bool, wants: Wants = "nothing") -> Story[Logits | None]:
        """Add an image: for understanding, and as a condition for drawing if asked."""
        prepared = prepare_image(image, self.loaded.transforms, self.config)
        if (for_drawing or self.sees_latents) and not self.loaded.network.understanding_only:
            side = self.config.max_latent_size * self.config.pixels_per_token
            if max(prepared.size) > side:
                raise InputError(
                    f"an image of {image.width} x {image.height} becomes {prepared.size[0]} x {prepared.size[1]}; "
                    f"this model holds latents of at most {side} x {side} pixels"
                )
            latent = yield Encode(prepared.vae_pixels)
            tokens = latent_to_tokens(latent, self.config.latent_patch_size)
            yield from self.contexts.full.read(LatentSegment(tokens, self._indices(prepared.size)))
        after = yield from self.contexts.full.read(prepared.vit, wants)
        self.last_size = prepared.size
        return after

    def look_back(self, for_drawing: bool, wants: Wants = "nothing") -> Story[Logits | None]:
        """Look at the picture that was drawn last, if that has not been done."""
        if self._unseen is None:
            return None
        image, self._unseen = self._unseen, None
        return (yield from self.show(image, for_drawing, wants))

    def write(
        self,
        params: TextParams,
        generator: torch.Generator,
        role: str = "model",
        watch: Callable[[Logits], None] | None = None,
    ) -> Story[Written]:
        """Let the model write a text. It is not part of the conversation before `keep`."""
        is_thought = role == "thought"
        written = yield from write_text(
            self.contexts.full, self.loaded.tokenizer, params, generator, is_thought=is_thought, watch=watch
        )
        yield TextDone(written.text, written.ids, written.finish, is_thought)
        return written

    def keep(self, written: Written, role: str = "model", wants: Wants = "nothing") -> Story[Logits | None]:
        """Add a written text to the conversation; its keys and values are reused where they can be."""
        ids = tuple(self.loaded.tokenizer.encode(written.text))
        segment = TextSegment(ids, role)
        if ids != written.ids:  # bytes that are no text, or a stop string, do not survive the way through text
            return (yield from self.contexts.full.read(segment, wants))
        draft = written.draft
        position = draft.position + segment.num_positions - len(written.unfed)
        feed = Feed(draft.cache, position, written.unfed, is_causal=True, wants=wants)
        [result] = yield [feed]
        draft.note(segment)
        self.contexts.full = draft
        return result

    def draw(
        self,
        params: ImageParams,
        generator: torch.Generator,
        seed: int,
        why: str = "asked",
        noise: Tensor | None = None,
        watch: Callable[[Tensor], None] | None = None,
    ) -> Story[PIL.Image.Image]:
        """Draw a picture from all that was said; emits and returns it.

        `noise` (L, Z) replaces the generator's; `watch` sees the clean latent tokens (L, Z).
        """
        if self.loaded.network.understanding_only:
            raise MindseyeError(ONLY_UNDERSTANDS)
        width, height, size_from = self._drawing_size(params)
        branches = yield from self._branches(params)
        indices = self._indices((width, height))
        if noise is None:
            noise = torch.randn(indices.numel(), self.config.latent_token_size, generator=generator)
        yield DrawingStarted(width, height, why, size_from)
        tokens = yield from denoise(self.loaded.network, branches, noise, indices, params)
        if watch:
            watch(tokens)
        ppt = self.config.pixels_per_token
        latent = tokens_to_latent(tokens, height // ppt, width // ppt, self.config.latent_patch_size)
        image = from_pixels((yield Decode(latent)))
        self.last_size, self._unseen = (width, height), image
        options = {**asdict(params), "width": width, "height": height}
        yield ImageDone(image, why, size_from, seed, options)
        return image

    def _branches(self, params: ImageParams) -> Story[Branches]:
        """The contexts that this drawing's guidance needs."""
        full, no_text, no_image = self.contexts.full, None, None
        if params.has_text_guidance:
            no_text = yield from self.contexts.without_newest_text()
        if params.has_image_guidance:
            no_image = yield from self.contexts.without_images()
        return Branches(full, no_text, no_image)

    def _drawing_size(self, params: ImageParams) -> tuple[int, int, str]:
        """Width, height, and where they come from."""
        if (params.width is None) != (params.height is None):
            raise InputError(
                f"only the {'width' if params.width else 'height'} was given; give width and height, or neither for "
                "the last image's or the model's own"
            )
        if params.width is not None and params.height is not None:
            check_drawing_size(params.width, params.height, self.config)
            return params.width, params.height, "asked"
        if self.last_size is not None:
            return *self.last_size, "last image"
        largest = self.config.max_latent_size * self.config.pixels_per_token
        side = min(self.loaded.transforms.vae.max_size, largest)
        return side, side, "default"

    def _indices(self, size: tuple[int, int]) -> Tensor:
        width, height = (side // self.config.pixels_per_token for side in size)
        return grid_indices(height, width, self.config.max_latent_size)
