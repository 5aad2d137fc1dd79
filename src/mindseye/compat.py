"""For those who come from the research scripts: the official call, spoken to our engine.

`InterleaveInferencer` takes the official arguments under their official names and gives what the official code
gives, with three differences on purpose: any seed may be chosen (the official code draws from the global
generator), an autoencoder's latents are means instead of samples, and words that stand before an image still guide
the drawing.
"""
# L latent tokens, Z latent_token_size

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import PIL.Image
from torch import Tensor

from .errors import InputError
from .events import ImageDone, TextDone
from .generation.policies import WhenToDraw
from .generation.turns import Request
from .generation.watched import WatchedConversation
from .inputs.image_processors import BagelImageProcessor
from .inputs.images import ImageTransforms
from .inputs.items import as_items
from .inputs.prompts import BAGEL, THINK_ANSWER, THINK_DRAW, UNIFIED
from .loading import load
from .model import Model
from .params import ImageParams, TextParams

Part = str | PIL.Image.Image
OFFICIAL_SIDE = 1024  # pixels of a picture unless told otherwise


@dataclass
class Trace:
    """What the last call computed: token ids of its texts and clean latent tokens (L, Z) of its images."""

    token_ids: list[tuple[int, ...]] = field(default_factory=list)
    latents: list[Tensor] = field(default_factory=list)


@dataclass(frozen=True)
class OfficialOptions:
    """The official arguments with the official defaults."""

    think: bool = False
    understanding_output: bool = False
    max_think_token_n: int = 1000
    """Counts the start token, as the official code does: 1000 writes at most 999 tokens."""
    do_sample: bool = False
    text_temperature: float = 0.3
    cfg_text_scale: float = 3.0
    cfg_img_scale: float = 1.5
    cfg_interval: tuple[float, float] = (0.4, 1.0)
    timestep_shift: float = 3.0
    num_timesteps: int = 50
    cfg_renorm_min: float = 0.0
    cfg_renorm_type: str = "global"
    image_shapes: tuple[int, int] | None = None
    """Height and width; None is the official 1024 x 1024, or the model's own size where it cannot hold that. The last
    input image's size takes their place, as in the official code."""
    enable_taylorseer: bool = False

    def text_params(self) -> TextParams:
        temperature = self.text_temperature if self.do_sample else 0.0
        return TextParams(max_tokens=max(self.max_think_token_n - 1, 1), temperature=temperature)

    def image_params(self, size: tuple[int, int] | None, largest: int) -> ImageParams:
        """`size` is the last image's (width, height), `largest` the longest side that the model can draw."""
        height = width = OFFICIAL_SIDE if largest >= OFFICIAL_SIDE else None
        if self.image_shapes is not None:
            height, width = _pair("image_shapes", self.image_shapes, "height and width")
        if size is not None:
            width, height = size
        return ImageParams(
            width=width,
            height=height,
            num_timesteps=self.num_timesteps,
            timestep_shift=self.timestep_shift,
            cfg_text_scale=self.cfg_text_scale,
            cfg_img_scale=self.cfg_img_scale,
            cfg_interval=_pair("cfg_interval", self.cfg_interval, "low and high"),
            cfg_renorm_type=self.cfg_renorm_type,
            cfg_renorm_min=self.cfg_renorm_min,
            enable_taylorseer=self.enable_taylorseer,
        )


class InterleaveInferencer:
    """The official inferencer's calls on one of our models."""

    def __init__(self, model: Model | str | Path = "pocket") -> None:
        self.model = model if isinstance(model, Model) else load(model)
        self.trace = Trace()

    def __call__(self, image: PIL.Image.Image | None = None, text: str | None = None, **options: Any) -> dict[str, Any]:
        """{"image": ..., "text": ...} with the last of each that came out, or None."""
        if image is None and text is None:
            raise InputError("neither image= nor text= was given; give at least one of them")
        items = [item for item in (image, text) if item is not None]
        found: dict[str, Any] = {"image": None, "text": None}
        for part in self.interleave_inference(items, **options):
            found["text" if isinstance(part, str) else "image"] = part
        return found

    def interleave_inference(
        self, input_lists: Sequence[Part], *, seed: int = 0, noise: Tensor | None = None, **options: Any
    ) -> list[Part]:
        """Texts and images in order in; a text, an image, or a thought and an image out.

        `noise` (L, Z) replaces the seed's.
        """
        chosen = _official(options)
        self.trace = Trace()
        return self._run(self._request(input_lists, chosen, seed), noise)

    def unified_generate(
        self,
        input_text: str,
        input_image: PIL.Image.Image | None = None,
        force_image_generation: bool = False,
        use_unified_system_prompt: bool = True,
        seed: int = 0,
        **options: Any,
    ) -> list[Part]:
        """An answer of words and pictures; the model decides about pictures unless they are forced."""
        chosen = _official(options)
        items = [item for item in (input_image, input_text) if item is not None]
        size = self._transforms.vae.size_for(*input_image.size) if input_image else None
        text, image = chosen.text_params(), chosen.image_params(size, self._largest)
        policy = WhenToDraw("force", write_first=False) if force_image_generation else WhenToDraw("model")
        system = BAGEL[UNIFIED].text if use_unified_system_prompt else None
        request = self.model.request("generate", items, when_to_draw=policy, seed=seed, system_prompt=system)
        request = self.model.with_params(request, text, image)
        return list(self.model.run([request])[0].parts)

    def test_force_image_generation(
        self,
        input_text: str,
        image_shapes: tuple[int, int] | None = None,
        cfg_text_scale: float = 4.0,
        cfg_img_scale: float = 1.5,
        num_timesteps: int = 50,
        seed: int = 0,
    ) -> PIL.Image.Image:
        """A picture without asking the model whether it wants to draw."""
        parts = self.unified_generate(
            input_text,
            force_image_generation=True,
            use_unified_system_prompt=False,
            seed=seed,
            image_shapes=image_shapes,
            cfg_text_scale=cfg_text_scale,
            cfg_img_scale=cfg_img_scale,
            num_timesteps=num_timesteps,
        )
        return next(part for part in parts if not isinstance(part, str))

    @property
    def _largest(self) -> int:
        """Pixels of the longest side that the model can draw."""
        grid = self.model.loaded.network.latents
        return grid.most_pixels if grid else 0

    @property
    def _transforms(self) -> ImageTransforms:
        processor = self.model.loaded.image_processor
        assert isinstance(processor, BagelImageProcessor)
        return processor.transforms

    def _request(self, items: Sequence[Part], options: OfficialOptions, seed: int) -> Request:
        """The official order of events: a system prompt where it thinks, the items, then words or a picture."""
        draws = not options.understanding_output
        prompt = self.model.defaults.prompts[THINK_DRAW if draws else THINK_ANSWER].text if options.think else None
        sizes = [image.size for image in items if isinstance(image, PIL.Image.Image)]
        size = self._transforms.vae.size_for(*sizes[-1]) if sizes else None
        params, image = options.text_params(), options.image_params(size, self._largest)
        return Request("draw" if draws else "ask", as_items(items), params, image, seed, options.think, prompt)

    def _run(self, request: Request, noise: Tensor | None) -> list[Part]:
        conversation = WatchedConversation(self.model.loaded, noise)
        [job] = self.model.runner.run([self.model.story(request, conversation)])
        parts: list[Part] = []
        for event in job.result():
            if isinstance(event, TextDone):
                parts.append(event.text)
                self.trace.token_ids.append(event.token_ids)
            elif isinstance(event, ImageDone):
                parts.append(event.image)
        self.trace.latents += conversation.latents
        return parts


def _pair(name: str, value: Any, meaning: str) -> tuple[Any, Any]:
    try:
        if isinstance(value, str):
            raise TypeError
        first, second = (x.item() if hasattr(x, "item") else x for x in value)
    except (TypeError, ValueError):
        raise InputError(f"{name} is {value!r}; expected {meaning}, two numbers") from None
    return first, second


def _official(options: dict[str, Any]) -> OfficialOptions:
    from .params import replace_known

    return replace_known(OfficialOptions(), options)
