"""Drawing: from noise to latents along the schedule, one velocity a context a step."""
# L latent tokens, Z latent_token_size

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import PIL.Image
import torch
from torch import Tensor

from ..errors import InputError, MindseyeError
from ..events import DrawingStep
from ..inputs.segments import ImageFrame
from ..networks.interface import Network
from ..params import ImageParams
from .context import Context
from .guidance import merge
from .schedule import make_schedule
from .step_cache import TaylorSeer
from .work import Feed, Latents, Look, Story, Wants


@dataclass(frozen=True)
class Branches:
    """The contexts of a guided drawing; a branch that is not needed is None."""

    full: Context
    no_text: Context | None = None
    no_image: Context | None = None


class Branch:
    """One context on its way through a drawing: its cache and, if asked for, its step cache."""

    def __init__(
        self, network: Network, context: Context, num_tokens: int, marks: tuple[int, ...], has_step_cache: bool
    ) -> None:
        self._network = network
        self._cache = context.cache.canvas(num_tokens + len(marks))
        self._position = context.position
        self._marks = marks
        self._step_cache = TaylorSeer() if has_step_cache else None

    @property
    def is_due(self) -> bool:
        """Whether the next velocity needs a pass through the network."""
        return self._step_cache is None or self._step_cache.is_due

    def feed(self, latents: Latents) -> Feed:
        wants: Wants = "velocity" if self._step_cache is None else "states"
        return Feed(self._cache, self._position, self._marks, latents=latents, wants=wants)

    def velocity(self, result: Tensor | None) -> Tensor:
        """(L, Z) from the pass's result, or from the step cache where there was no pass."""
        if self._step_cache is None:
            assert result is not None
            return result
        states = self._step_cache.extrapolate() if result is None else self._step_cache.observe(result)
        with torch.inference_mode():
            return self._network.velocity(states).float()


def denoise(
    network: Network,
    branches: Branches,
    start: Latents,
    params: ImageParams,
    frame: ImageFrame,
    paint: Callable[[Tensor], Story[PIL.Image.Image]],
) -> Story[Tensor]:
    """Walk from noise, float32, to clean latent tokens (L, Z); `paint` makes previews where they are wanted."""
    contexts = [c for c in (branches.full, branches.no_text, branches.no_image) if c is not None]
    walkers = {
        c.digest: Branch(network, c, start.tokens.shape[0], frame.marks, params.enable_taylorseer)
        for c in {c.digest: c for c in contexts}.values()
    }
    x_t = start.tokens.to(network.device)
    schedule = make_schedule(params)
    for i, step in enumerate(schedule):
        wanted = contexts if step.is_guided else contexts[:1]
        latents = Latents(x_t, step.t, start.position_indices)
        velocities = yield from _velocities({c.digest: walkers[c.digest] for c in wanted}, latents)
        v_t = velocities[branches.full.digest]
        if i == 0 and not (yield Look(v_t.isfinite().all())):
            raise MindseyeError(
                "the network gave values that are no numbers at the first step of a drawing, before any guidance: its "
                "weights are damaged or too large for this number format (try dtype float32)"
            )
        if step.is_guided and branches.no_text is not None:
            no_image = None if branches.no_image is None else velocities[branches.no_image.digest]
            v_t = merge(v_t, velocities[branches.no_text.digest], no_image, params)
        is_shown = params.preview_every and (i + 1) % params.preview_every == 0 and i + 1 < len(schedule)
        preview = (yield from paint(x_t - v_t * step.t)) if is_shown else None
        x_t = x_t - v_t * step.dt
        yield DrawingStep(i + 1, len(schedule), preview)
    if not (yield Look(x_t.isfinite().all())):
        raise InputError(
            f"the drawing grew without bounds (cfg_text_scale {params.cfg_text_scale:g}, cfg_img_scale "
            f"{params.cfg_img_scale:g}, timestep_shift {params.timestep_shift:g}); lower them"
        )
    return x_t


def _velocities(active: dict[bytes, Branch], latents: Latents) -> Story[dict[bytes, Tensor]]:
    """One velocity a branch; the branches that are due share a forward pass."""
    due = [key for key, branch in active.items() if branch.is_due]
    results = (yield [active[key].feed(latents) for key in due]) if due else []
    found = dict(zip(due, results, strict=True))
    return {key: branch.velocity(found.get(key)) for key, branch in active.items()}
