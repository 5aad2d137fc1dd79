"""LoRA: low-rank adapters beside the linear layers of a network that knows nothing of them.

Wrapping keeps every parameter where it is and under its name, so checkpoints load before and after; only the adapters'
`lora_A` and `lora_B` come to it.
"""
# D in_features, E out_features, R rank

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import SettingsError
from ..settings import check_ranges


@dataclass(frozen=True)
class LoraSettings:
    """The size of adapters; names as in PEFT's `adapter_config.json`."""

    r: int = 8
    lora_alpha: float = 16.0
    """The adapters' answer is scaled by lora_alpha / r."""
    lora_dropout: float = 0.0
    target_modules: tuple[str, ...] = ()
    """Last names of the linear layers that get one, such as q_proj; none for all linear layers of the part."""

    def __post_init__(self) -> None:
        check_ranges(self, r=(1, 65_536), lora_alpha=(0.0, 1e6), lora_dropout=(0.0, 1.0))


class LoraLinear(nn.Linear):
    """A linear layer with an adapter: it has the very weight and bias of the layer that it takes the place of."""

    def __init__(self, plain: nn.Linear, settings: LoraSettings, generator: torch.Generator | None = None) -> None:
        super().__init__(plain.in_features, plain.out_features, bias=False, device="meta")
        self.weight, self.bias = plain.weight, plain.bias
        self.settings = settings
        self.scaling = settings.lora_alpha / settings.r
        self.lora_A = nn.Linear(plain.in_features, settings.r, bias=False, device="meta")
        self.lora_B = nn.Linear(settings.r, plain.out_features, bias=False, device="meta")
        spread = math.sqrt(1 / plain.in_features)
        first = torch.empty(settings.r, plain.in_features).uniform_(-spread, spread, generator=generator)
        second = torch.zeros(plain.out_features, settings.r)  # so that at first the network is what it was
        for layer, weight in ((self.lora_A, first), (self.lora_B, second)):
            layer.weight = nn.Parameter(weight.to(plain.weight.device))
        self.train(plain.training)

    def forward(self, x: Tensor) -> Tensor:  # (..., D) -> (..., E)
        given = F.dropout(x, self.settings.lora_dropout, self.training) if self.settings.lora_dropout else x
        added = self.lora_B(self.lora_A(given.to(self.lora_A.weight.dtype))) * self.scaling
        plain = F.linear(x, self.weight, self.bias)
        return plain + added.to(plain.dtype)

    def difference(self) -> Tensor:
        """(E, D) what the adapter adds to the weight."""
        return self.lora_B.weight @ self.lora_A.weight * self.scaling

    def merged(self) -> nn.Linear:
        """A plain layer that answers the same, with the adapter's difference in its weight."""
        plain = nn.Linear(self.in_features, self.out_features, bias=False, device="meta")
        weight = (self.weight.float() + self.difference()).to(self.weight.dtype)
        plain.weight, plain.bias = nn.Parameter(weight, requires_grad=self.weight.requires_grad), self.bias
        return plain.train(self.training)


def wrap(
    network: nn.Module, names: Sequence[str], settings: LoraSettings, generator: torch.Generator | None = None
) -> list[str]:
    """Give an adapter to the linear layers whose weights' names match one of the patterns; the layers' names.

    Raises SettingsError where there is none. A layer that has one already keeps it.
    """
    chosen = []
    for name, layer in list(network.named_modules()):
        is_meant = any(fnmatchcase(f"{name}.weight", pattern) for pattern in names)
        is_target = not settings.target_modules or name.rpartition(".")[2] in settings.target_modules
        if is_meant and is_target and type(layer) is nn.Linear:
            _put(network, name, LoraLinear(layer, settings, generator))
            chosen.append(name)
    if not chosen and not any(True for _ in adapted(network)):
        what = ", ".join(settings.target_modules) or "any name"
        raise SettingsError(f"no linear layer of {what} matches {', '.join(names)}; see the names of the parameters")
    return chosen


def merge(network: nn.Module) -> list[str]:
    """Every adapter becomes part of its weight, and its layer a plain one again; the layers' names."""
    layers = list(adapted(network))
    with torch.no_grad():
        for name, layer in layers:
            _put(network, name, layer.merged())
    return [name for name, _ in layers]


def unwrap(network: nn.Module) -> list[str]:
    """Take all adapters away, so that the network is what it was before `wrap`; the layers' names."""
    layers = list(adapted(network))
    for name, layer in layers:
        plain = nn.Linear(layer.in_features, layer.out_features, bias=False, device="meta")
        plain.weight, plain.bias = layer.weight, layer.bias
        _put(network, name, plain.train(layer.training))
    return [name for name, _ in layers]


def adapted(network: nn.Module) -> Iterator[tuple[str, LoraLinear]]:
    """The layers that have an adapter, with their names."""
    return ((name, layer) for name, layer in network.named_modules() if isinstance(layer, LoraLinear))


def is_adapter(name: str) -> bool:
    """Whether a parameter's name is that of an adapter's matrix."""
    return name.endswith((".lora_A.weight", ".lora_B.weight"))


def weight_of(name: str) -> str:
    """The weight that an adapter's matrix stands beside; any other name as it is."""
    return name.rpartition(".lora_")[0] + ".weight" if is_adapter(name) else name


def _put(network: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(network.get_submodule(parent), last, layer)
