"""What of a model is trained: parts by the names of their parameters, each at its own rate; the rest is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from ..errors import SettingsError, nearest
from ..networks.lora import LoraSettings, is_adapter, weight_of, wrap
from ..settings import check_ranges
from .optimizer import OptimizerSettings


@dataclass(frozen=True)
class Part:
    """Some parameters of a model and how they are trained."""

    names: tuple[str, ...]
    """Patterns of parameter names, such as "projector.*" or "*.layers.[0-3].*"."""
    learning_rate: float
    """Peak; it rises and falls over the run as the recipe's learning rate does."""
    weight_decay: float = 0.0
    """On matrices only."""
    lora: LoraSettings | None = None
    """Train adapters beside the linear layers of this part and none of its weights."""

    def __post_init__(self) -> None:
        check_ranges(self, learning_rate=(0.0, 1e3), weight_decay=(0.0, 1e3))

    def takes(self, name: str) -> bool:
        """Whether a parameter of that name belongs here."""
        return any(fnmatchcase(weight_of(name), pattern) for pattern in self.names)


@dataclass
class Trainable:
    """A model with its parts chosen: what moves, what is frozen, in which groups an optimizer sees it."""

    model: nn.Module
    parts: Mapping[str, list[str]] = field(default_factory=dict)
    """Names of the trained parameters by part."""

    @property
    def frozen(self) -> frozenset[str]:
        """Names of the parameters that never move."""
        return frozenset(name for name, parameter in self.model.named_parameters() if not parameter.requires_grad)

    def set_modes(self) -> None:
        """Training mode for modules with trained parameters of their own or below, evaluation mode for all others."""
        self.model.train()
        for module in self.model.modules():
            if not any(parameter.requires_grad for parameter in module.parameters()):
                module.eval()


def choose(model: nn.Module, parts: Mapping[str, Part], seed: int = 0) -> Trainable:
    """Freeze everything but these parts, in place; LoRA parts get their adapters.

    Raises SettingsError for a pattern that takes nothing and a parameter that two parts take.
    """
    for name, part in parts.items():
        if part.lora is not None:
            wrap(model, part.names, part.lora, torch.Generator().manual_seed(seed))
        known = [other for other, _ in model.named_parameters()]
        for pattern in part.names:
            if not any(fnmatchcase(weight_of(other), pattern) for other in known):
                raise SettingsError(f'part "{name}": "{pattern}" takes no parameter{nearest(pattern, known)}')
    taken: dict[str, list[str]] = {name: [] for name in parts}
    for name, parameter in model.named_parameters():
        owners = [part for part, said in parts.items() if said.takes(name) and _trains(said, name)]
        if len(owners) > 1:
            raise SettingsError(f"parameter {name} belongs to the parts {' and '.join(owners)}; expected one at most")
        parameter.requires_grad_(bool(owners))
        if owners:
            taken[owners[0]].append(name)
    trainable = Trainable(model, taken)
    trainable.set_modes()
    return trainable


def optimizer_of(trainable: Trainable, parts: Mapping[str, Part], pace: OptimizerSettings) -> torch.optim.Optimizer:
    """AdamW over the parts; a group's `share` is its rate beside the recipe's."""
    parameters = dict(trainable.model.named_parameters())
    groups: list[dict[str, Any]] = []
    for name, members in trainable.parts.items():
        share = parts[name].learning_rate / pace.learning_rate
        for is_matrix in (True, False):
            some = [parameters[member] for member in members if (parameters[member].dim() >= 2) == is_matrix]
            decay = parts[name].weight_decay if is_matrix else 0.0
            if some:
                groups.append({"params": some, "weight_decay": decay, "share": share, "part": name})
    if not groups:
        raise SettingsError("no part trains anything; give one of them names that the model has")
    return torch.optim.AdamW(groups, lr=pace.learning_rate, betas=(pace.beta1, pace.beta2))


def _trains(part: Part, name: str) -> bool:
    return part.lora is None or is_adapter(name)
