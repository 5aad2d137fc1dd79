"""One step of training: batches of a stream through an objective, one update of the weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..errors import SettingsError
from ..generation.device import read_back
from .objectives.objective import Objective
from .optimizer import OptimizerSettings
from .parallel import ALONE, Processes
from .precision import CPU, mixed
from .resume import TrainState
from .streams.stream import Stream

Numbers = dict[str, float | None]


@dataclass(frozen=True)
class StepSettings:
    """How a step is computed."""

    device: torch.device = CPU
    seed: int = 0
    precision: str = "bfloat16"
    accumulate: int = 1
    """Batches of each process before an update."""


@dataclass(frozen=True)
class Step:
    """What stays the same from step to step."""

    stream: Stream
    objective: Objective
    settings: StepSettings
    processes: Processes = ALONE

    def __call__(self, state: TrainState, pace: OptimizerSettings) -> Numbers:
        """Learn from the batches of `state.step`; its mean losses (None where nothing counted) and sizes.

        The same whether a step's batches are read by one process or by several.
        """
        numbers = self.batch_numbers(state.step)
        batches = [self.stream[number] for number in numbers]
        counts, sizes = self.count(batches)
        state.optimizer.zero_grad(set_to_none=True)
        sums: dict[str, Tensor] = {}
        for number, batch in zip(numbers, batches, strict=True):
            for name, value in self.backward(state.model, batch, number, counts).items():
                sums[name] = sums[name] + value if name in sums else value
        names = [name for name in self.objective.weights if counts[name]]
        parameters = [parameter for parameter in state.model.parameters() if parameter.requires_grad]
        self.processes.sum_gradients(parameters)
        norm = torch.nn.utils.clip_grad_norm_(parameters, pace.gradient_clip)
        own = [sums[name] / counts[name] if name in sums else torch.zeros_like(norm) for name in names]
        *means, gradient_norm = read_back(torch.stack([*own, norm])).tolist()
        if not gradient_norm < float("inf"):
            raise SettingsError(f"the gradient at step {state.step} is {gradient_norm}; lower the learning rate")
        self.update(state, pace)
        nothing = dict.fromkeys(self.objective.weights)
        return {**nothing, **dict(zip(names, self.processes.totals(means))), "gradient_norm": gradient_norm, **sizes}

    def batch_numbers(self, step: int) -> list[int]:
        """The batches of a step that are this process' own."""
        accumulate, processes = self.settings.accumulate, self.processes
        return [(step * accumulate + i) * processes.count + processes.rank for i in range(accumulate)]

    def count(self, batches: Sequence[Any]) -> tuple[dict[str, float], Numbers]:
        """How much each loss has to count in this step, and its tokens and samples, over all processes."""
        counted = [self.objective.counts(batch) for batch in batches]
        names = list(self.objective.weights)
        own = [float(sum(one.get(name, 0) for one in counted)) for name in names]
        own += [float(sum(batch.num_tokens for batch in batches)), float(sum(batch.num_samples for batch in batches))]
        *counts, num_tokens, num_samples = self.processes.totals(own)
        return dict(zip(names, counts)), {"tokens": num_tokens, "samples": num_samples}

    def backward(self, model: Any, batch: Any, number: int, counts: Mapping[str, float]) -> dict[str, Tensor]:
        """Gradients of one batch, added to those that are there; the sums of its losses."""
        generator = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + number)
        with mixed(self.settings.device, self.settings.precision):
            sums = self.objective.sums(model, batch, generator)
        weights = self.objective.weights
        parts = [weights[name] * (value / max(counts[name], 1.0)) for name, value in sums.items()]
        add_up(parts).backward()
        return {name: value.detach() for name, value in sums.items()}

    def update(self, state: TrainState, pace: OptimizerSettings) -> None:
        """Move the weights along their gradients."""
        rate = pace.learning_rate_at(state.step)
        for group in state.optimizer.param_groups:
            group["lr"] = rate * group.get("share", 1.0)
        state.optimizer.step()
        if state.average:
            state.average.update(state.model, state.step, pace.ema_decay_at(state.step))
        state.step += 1


def add_up(parts: Iterable[Tensor]) -> Tensor:
    """The sum of some losses, in order."""
    first, *others = parts
    for other in others:
        first = first + other
    return first
