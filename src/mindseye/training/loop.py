"""The training loop: a step for each batch of the stream, until the last step or a request to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ..errors import SettingsError
from ..networks.unified import UnifiedModel
from ..networks.vae import Autoencoder
from .curves import Curves, as_line
from .data import WorldStream, see
from .losses import compute_losses, draw_times, to_network_input
from .optimizer import OptimizerSettings
from .recipe import Recipe
from .resume import TrainState, save_state
from .stopping import Stop

Say = Callable[[str], None]


@dataclass
class Tally:
    """Sums since the last report."""

    started: float = field(default_factory=time.monotonic)
    core_started: float = field(default_factory=time.process_time)
    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, numbers: dict[str, float | None]) -> None:
        for name, value in numbers.items():
            if value is not None:
                self.sums[name] = self.sums.get(name, 0.0) + value
                self.counts[name] = self.counts.get(name, 0) + 1

    def line(self, step: int, rate: float) -> dict[str, float]:
        """Means of losses and speeds."""
        seconds = time.monotonic() - self.started
        means = {name: round(value / self.counts[name], 5) for name, value in self.sums.items()}
        speeds = {f"{n}_per_second": round(self.sums.get(n, 0.0) / seconds, 1) for n in ("tokens", "samples")}
        return {"step": step, **means, **speeds, "learning_rate": rate, "seconds": round(seconds, 2), **self._core()}

    def _core(self) -> dict[str, float]:
        """Time on the processor, which other programs do not lengthen much."""
        return {"core_seconds": round(time.process_time() - self.core_started, 2)}


@dataclass(frozen=True)
class Trainer:
    """What stays the same during a run."""

    recipe: Recipe
    stream: WorldStream
    model: UnifiedModel
    autoencoder: Autoencoder
    folder: Path

    def run(self, state: TrainState, say: Say, stop: Stop) -> bool:
        """Train from where `state` is; True when all steps are done, False when asked to stop before."""
        settings = settings_of(self.recipe, state)
        saving, curves = self.recipe.saving, Curves(self.folder, state.step)
        tally, saved = Tally(), time.monotonic()
        while state.step < settings.num_steps and not stop.asked:
            tally.add(self.step(state, settings))
            if state.step % saving.report_every == 0:
                curves.add(line := tally.line(state.step, settings.learning_rate_at(state.step - 1)))
                say(as_line(line))
                tally = Tally()
            if time.monotonic() - saved > 60 * saving.every_minutes:
                save_state(state, self.folder)
                curves.draw()
                saved = time.monotonic()
        save_state(state, self.folder)
        curves.draw()
        return state.step >= settings.num_steps

    def step(self, state: TrainState, settings: OptimizerSettings) -> dict[str, float | None]:
        """One batch, one update; its losses and sizes."""
        pictured = self.stream[state.step]
        sizes = (self.model.config.vit.patch_size, self.model.config.latent_patch_size)
        patches, latents = see(pictured, self.autoencoder, sizes)
        generator = torch.Generator().manual_seed(self.recipe.seed * 1_000_003 + state.step)
        noise = torch.randn(latents.shape, generator=generator)
        is_drawn = [image.kind == "noisy" for image in pictured.batch.latent_images]
        t = draw_times(is_drawn, self.recipe.losses.timestep_shift, generator)
        given = to_network_input(pictured.batch, self.model, patches, latents, noise, t)
        with self.precision():
            losses = compute_losses(self.model, given)
            total = losses.total(self.recipe.losses)
        for group in state.optimizer.param_groups:
            group["lr"] = settings.learning_rate_at(state.step)
        state.optimizer.zero_grad(set_to_none=True)
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.gradient_clip)
        if not torch.isfinite(norm):
            raise SettingsError(f"the gradient at step {state.step} is {norm.item()}; lower the learning rate")
        state.optimizer.step()
        state.average.update(self.model, state.step, settings.ema_decay_at(state.step))
        state.step += 1
        return {
            "ce": losses.ce.mean().item() if len(losses.ce) else None,
            "mse": losses.mse.mean().item() if len(losses.mse) else None,
            "gradient_norm": norm.item(),
            "tokens": float(pictured.batch.num_tokens),
            "samples": float(len(pictured.batch.sample_rows)),
        }

    def precision(self) -> Any:
        """bfloat16 products over float32 weights, or float32 throughout."""
        if self.recipe.precision == "float32":
            return nullcontext()
        return torch.autocast("cpu", torch.bfloat16)


def settings_of(recipe: Recipe, state: TrainState) -> OptimizerSettings:
    """The recipe's optimizer settings, or their shortened form when the run was told to finish."""
    if state.ending is None:
        return recipe.optimizer
    num_steps, num_decay_steps = state.ending
    return recipe.optimizer.finishing_in(num_steps - num_decay_steps, num_decay_steps)
