"""Promise: a step of training keeps to its device, and waits for it once."""

import dataclasses
import sys
from pathlib import Path

import pytest
import torch

from mindseye.training import step as step_file
from mindseye.training.optimizer import Average, make_optimizer
from mindseye.training.recipe import Recipe
from mindseye.training.resume import TrainState
from mindseye.training.run import prepare

sys.path.insert(0, str(Path(__file__).parents[1]))
from stand_in import MadeUp, Watch

META = torch.device("meta")


def test_a_step_on_another_device(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    read = MadeUp()
    monkeypatch.setattr(step_file, "read_back", read)
    prepared = prepare(recipe, lambda line: None)
    model, autoencoder = prepared.model.to(META), prepared.autoencoder.to(META)
    step = prepared.trainer.step
    objective = dataclasses.replace(step.objective, autoencoder=autoencoder, device=META)  # type: ignore[type-var]
    step = dataclasses.replace(step, objective=objective, settings=dataclasses.replace(step.settings, device=META))
    state = TrainState(model, make_optimizer(model, recipe.optimizer), Average(model))
    with Watch() as watch:
        numbers = [step(state, recipe.optimizer) for _ in range(2)]
    assert read.num_calls == 2 and state.step == 2
    assert all(one["ce"] and one["mse"] for one in numbers)
    assert watch.num_operators > 1000
    assert all(parameter.grad is not None and parameter.grad.is_meta for parameter in trained(model))


def trained(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]
