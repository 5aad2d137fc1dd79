"""Muon and AdamW, their learning rate by step, and the running average of the weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import SettingsError
from ..settings import check_ranges
from .muon import orthogonalise
from .parallel import ALONE, Processes

MUON_MOMENTUM = 0.95
DECAY_WINDOW = 0.15  # of the decay phase, over which the running average reaches


@dataclass(frozen=True)
class OptimizerSettings:
    """How weights move. Everything follows the step, never the clock, so a run can be repeated."""

    num_steps: int = 20_000
    """Steps of the whole run, the decay included."""
    num_decay_steps: int = 2_000
    """Last steps, over which the learning rate falls to zero."""
    num_warmup_steps: int = 300
    learning_rate: float = 2e-3
    """Peak for AdamW: embeddings, heads, connectors, norms."""
    muon_learning_rate: float = 0.015
    """Peak for Muon: the matrices inside the layers."""
    weight_decay: float = 0.05
    beta1: float = 0.9
    beta2: float = 0.95
    gradient_clip: float = 1.0
    ema_decay: float = 0.999

    def __post_init__(self) -> None:
        check_ranges(self, num_steps=(1, 10**9), num_decay_steps=(0, 10**9), num_warmup_steps=(0, 10**9))
        check_ranges(self, learning_rate=(1e-12, 1e3), muon_learning_rate=(0.0, 1e3), weight_decay=(0.0, 1e3))
        check_ranges(self, gradient_clip=(1e-12, 1e12), beta1=(0.0, 1.0), beta2=(0.0, 1.0), ema_decay=(0.0, 1.0))
        if self.num_warmup_steps + self.num_decay_steps > self.num_steps:
            raise SettingsError(
                f"{self.num_warmup_steps} warmup steps and {self.num_decay_steps} decay steps do not fit into "
                f"{self.num_steps} steps"
            )

    def learning_rate_at(self, step: int) -> float:
        """Linear warmup, then constant, then a fall to zero that gets gentler (1 - square root of progress)."""
        rate = self.learning_rate * min(1.0, (step + 1) / max(1, self.num_warmup_steps))
        into_decay = step - (self.num_steps - self.num_decay_steps)
        if into_decay <= 0:
            return rate
        return rate * max(0.0, 1 - (into_decay / self.num_decay_steps) ** 0.5)

    def ema_decay_at(self, step: int) -> float:
        """Of the running average; while the learning rate falls it forgets faster, or it would end in the past."""
        if step < self.num_steps - self.num_decay_steps:
            return self.ema_decay
        return min(self.ema_decay, 1 - 1 / max(2.0, DECAY_WINDOW * self.num_decay_steps))

    def finishing_in(self, step: int, remaining: int) -> OptimizerSettings:
        """The same settings with the decay starting at `step` and the end `remaining` steps later."""
        warmup = min(self.num_warmup_steps, step)
        return replace(self, num_steps=step + remaining, num_decay_steps=remaining, num_warmup_steps=warmup)


class TwoOptimizers(torch.optim.Optimizer):
    """Muon for the matrices inside the layers and AdamW for the rest, behind one face.

    `lr` of a group is set from outside each step; a Muon group is marked `is_muon`. Of several processes each
    orthogonalises its share of the matrices, and all hold all momenta.
    """

    def __init__(self, model: nn.Module, settings: OptimizerSettings, processes: Processes = ALONE) -> None:
        inner: list[nn.Parameter] = []
        matrices: list[nn.Parameter] = []
        others: list[nn.Parameter] = []
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            is_matrix = parameter.dim() == 2 and "embed" not in name
            if is_matrix and ".layers." in name:
                inner.append(parameter)
            else:
                (matrices if is_matrix else others).append(parameter)
        shared = {"is_muon": False, "factor": 1.0}
        groups = [
            {"params": inner, "is_muon": True, "weight_decay": settings.weight_decay},
            {"params": matrices, **shared, "weight_decay": settings.weight_decay},
            {"params": others, **shared, "weight_decay": 0.0},
        ]
        groups[0]["factor"] = settings.muon_learning_rate / settings.learning_rate
        super().__init__(groups, {"lr": settings.learning_rate})
        self.settings = settings
        self.processes = processes

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Momenta and counts as saved; rates and weight decay are those of today's settings."""
        today = [{name: group[name] for name in ("factor", "weight_decay")} for group in self.param_groups]
        super().load_state_dict(state_dict)
        for group, own in zip(self.param_groups, today, strict=True):
            group.update(own)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of everything that has a gradient."""
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            rate = group["lr"] * group["factor"]
            if not parameters:
                continue
            torch._foreach_mul_(parameters, 1 - rate * group["weight_decay"])
            if group["is_muon"]:
                self._muon(parameters, rate)
            else:
                self._adam(parameters, rate)

    def _muon(self, parameters: list[Tensor], rate: float) -> None:
        momenta = [self._memory(p, "momentum") for p in parameters]
        gradients = gradients_of(parameters)
        torch._foreach_lerp_(momenta, gradients, 1 - MUON_MOMENTUM)
        looks = torch._foreach_lerp(gradients, momenta, MUON_MOMENTUM)  # Nesterov: look one step ahead
        shapes: dict[torch.Size, list[int]] = {}
        for i, parameter in enumerate(parameters):
            shapes.setdefault(parameter.shape, []).append(i)
        for (rows, columns), members in shapes.items():
            update = self.processes.share_work(orthogonalise, torch.stack([looks[i] for i in members])).float()
            scale = rate * max(1.0, rows / columns) ** 0.5
            torch._foreach_add_([parameters[i] for i in members], list(update.unbind()), alpha=-scale)

    def _adam(self, parameters: list[Tensor], rate: float) -> None:
        beta1, beta2 = self.settings.beta1, self.settings.beta2
        gradients = gradients_of(parameters)
        means = [self._memory(p, "mean") for p in parameters]
        squares = [self._memory(p, "square") for p in parameters]
        torch._foreach_lerp_(means, gradients, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta2)
        steps = self.state[parameters[0]]["steps"] = self.state[parameters[0]].get("steps", 0) + 1
        spreads = torch._foreach_sqrt(squares)
        torch._foreach_div_(spreads, (1 - beta2**steps) ** 0.5)
        torch._foreach_add_(spreads, 1e-8)
        torch._foreach_addcdiv_(parameters, means, spreads, -rate / (1 - beta1**steps))

    def _memory(self, parameter: Tensor, name: str) -> Tensor:
        memory = self.state[parameter]
        if name not in memory:
            memory[name] = torch.zeros_like(parameter)
        return memory[name]


def gradients_of(parameters: list[Tensor]) -> list[Tensor]:
    """The gradients of parameters that have one."""
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def make_optimizer(model: nn.Module, settings: OptimizerSettings, processes: Processes = ALONE) -> TwoOptimizers:
    """The optimizer over what is trainable; weight decay only on matrices, embeddings excluded."""
    return TwoOptimizers(model, settings, processes)


class Average:
    """An exponential moving average of a model's trainable weights, faster while there are few steps."""

    def __init__(self, model: nn.Module) -> None:
        self.weights = {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int, decay: float) -> None:
        """Move towards the weights after `step` (0 for the first), keeping `decay` of what was."""
        decay = min(decay, (1 + step) / (10 + step))
        current = dict(model.named_parameters())
        averages = list(self.weights.values())
        torch._foreach_lerp_(averages, [current[name].detach() for name in self.weights], 1 - decay)
