"""AdamW, its learning rate by step, and the running average of the weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mindseye.errors import SettingsError


@dataclass(frozen=True)
class OptimizerSettings:
    """How weights move. Everything follows the step, never the clock, so a run can be repeated."""

    num_steps: int = 20_000
    """Steps of the whole run, the decay included."""
    num_decay_steps: int = 2_000
    """Last steps, over which the learning rate falls to zero."""
    num_warmup_steps: int = 300
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    beta1: float = 0.9
    beta2: float = 0.95
    gradient_clip: float = 1.0
    ema_decay: float = 0.999

    def __post_init__(self) -> None:
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

    def finishing_in(self, step: int, remaining: int) -> OptimizerSettings:
        """The same settings with the decay starting at `step` and the end `remaining` steps later."""
        from dataclasses import replace

        warmup = min(self.num_warmup_steps, step)
        return replace(self, num_steps=step + remaining, num_decay_steps=remaining, num_warmup_steps=warmup)


def make_optimizer(model: nn.Module, settings: OptimizerSettings) -> torch.optim.AdamW:
    """AdamW over what is trainable; weight decay only on matrices, embeddings excluded."""
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            is_matrix = parameter.dim() >= 2 and "embed" not in name
            (matrices if is_matrix else others).append(parameter)
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    betas = (settings.beta1, settings.beta2)
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=betas, fused=True)


class Average:
    """An exponential moving average of a model's trainable weights, faster while there are few steps."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards the weights after `step` (0 for the first)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        current = dict(model.named_parameters())
        averages = list(self.weights.values())
        torch._foreach_lerp_(averages, [current[name].detach() for name in self.weights], 1 - decay)
