"""Promise: only the chosen parts move, each at its own rate; the rest is frozen and in evaluation mode."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import nn

from mindseye.errors import SettingsError
from mindseye.networks.lora import LoraSettings, merge
from mindseye.training.optimizer import OptimizerSettings
from mindseye.training.resume import TrainState, load_state, save_state
from mindseye.training.trainable import Part, choose, optimizer_of

PACE = OptimizerSettings(num_steps=10, num_decay_steps=0, num_warmup_steps=0, learning_rate=1e-2)


class Seeing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
        self.projector = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 6))
        self.language_model = nn.ModuleDict({"q_proj": nn.Linear(6, 6), "head": nn.Linear(6, 3)})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.projector(self.tower(x))
        return self.language_model["head"](self.language_model["q_proj"](hidden))


def model() -> Seeing:
    torch.manual_seed(0)
    return Seeing()


def moved(seeing: Seeing, parts: Mapping[str, Part]) -> set[str]:
    """Names of the parameters that a step changes."""
    optimizer = optimizer_of(choose(seeing, parts), parts, PACE)
    before = {name: parameter.detach().clone() for name, parameter in seeing.named_parameters()}
    for _ in range(2):  # the first step of an adapter moves only one of its matrices
        optimizer.zero_grad()
        seeing(torch.randn(3, 4)).square().sum().backward()
        optimizer.step()
    return {name for name, parameter in seeing.named_parameters() if not torch.equal(parameter, before[name])}


def test_only_the_chosen_part_moves() -> None:
    found = moved(model(), {"projector": Part(("projector.*",), 1e-2)})
    assert found == {f"projector.{i}.{kind}" for i in (0, 1) for kind in ("weight", "bias")}


def test_a_part_with_adapters_moves_nothing_else() -> None:
    parts = {
        "projector": Part(("projector.0.*",), 1e-2),
        "words": Part(("language_model.*",), 1e-2, lora=LoraSettings(r=2, target_modules=("q_proj",))),
    }
    seeing = model()
    adapters = {f"language_model.q_proj.lora_{part}.weight" for part in "AB"}
    assert moved(seeing, parts) == {"projector.0.weight", "projector.0.bias"} | adapters
    assert merge(seeing) == ["language_model.q_proj"]


def test_frozen_modules_do_not_drop_out() -> None:
    seeing = model()
    choose(seeing, {"projector": Part(("projector.*",), 1e-2)})
    assert not seeing.tower.training and not seeing.tower[1].training and seeing.projector.training
    choose(seeing, {"tower": Part(("tower.*",), 1e-2)})
    assert seeing.tower.training and not seeing.projector.training


def test_each_part_has_its_rate_and_decay_on_matrices_only() -> None:
    parts = {"projector": Part(("projector.*",), 1e-2, weight_decay=0.1), "words": Part(("language_model.*",), 1e-4)}
    groups = optimizer_of(choose(model(), parts), parts, PACE).param_groups
    rates = {(group["part"], round(group["share"] * PACE.learning_rate, 9), group["weight_decay"]) for group in groups}
    assert rates == {("projector", 1e-2, 0.1), ("projector", 1e-2, 0.0), ("words", 1e-4, 0.0)}


def test_what_is_frozen_need_not_be_saved(tmp_path: Path) -> None:
    parts = {"projector": Part(("projector.*",), 1e-2)}
    seeing, again = model(), model()
    trainable = choose(seeing, parts)
    state = TrainState(seeing, optimizer_of(trainable, parts, PACE), None, step=3, unsaved=trainable.frozen)
    nn.init.ones_(seeing.projector[0].weight)
    save_state(state, tmp_path)
    saved = torch.load(tmp_path / "state.pt")["model"]
    assert set(saved) == {name for name in seeing.state_dict() if name.startswith("projector")}
    chosen = choose(again, parts)
    resumed = TrainState(again, optimizer_of(chosen, parts, PACE), None, unsaved=chosen.frozen)
    load_state(resumed, tmp_path)
    assert resumed.step == 3 and all(
        torch.equal(weight, again.state_dict()[name]) for name, weight in seeing.state_dict().items()
    )


def test_errors_name_the_part() -> None:
    with pytest.raises(SettingsError, match=r'part "eyes": "towr\.\*" takes no parameter'):
        choose(model(), {"eyes": Part(("towr.*",), 1e-2)})
    with pytest.raises(SettingsError, match="belongs to the parts a and b"):
        choose(model(), {"a": Part(("projector.*",), 1e-2), "b": Part(("*.weight",), 1e-2)})
    with pytest.raises(SettingsError, match="no part trains anything"):
        optimizer_of(choose(model(), {}), {}, PACE)
