"""Promise: a run that was stopped and resumed is the run that was not, and a finished run is a checkpoint."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mindseye.errors import CheckpointError, SettingsError
from mindseye.training.recipe import ModelSizes, Recipe
from mindseye.training.resume import STATE_FILE, load_state, save_state
from mindseye.training.run import Prepared, prepare, train


def quiet(line: str) -> None:
    pass


def run_steps(recipe: Recipe, count: int) -> Prepared:
    prepared = prepare(recipe, quiet)
    for _ in range(count):
        prepared.trainer.step(prepared.state, recipe.optimizer)
    return prepared


def test_resumed_is_uninterrupted(recipe: Recipe) -> None:
    whole = run_steps(recipe, 6)
    first = dataclasses.replace(recipe.optimizer, num_steps=4)
    trainer = prepare(dataclasses.replace(recipe, optimizer=first), quiet)
    for _ in range(3):
        trainer.trainer.step(trainer.state, recipe.optimizer)
    save_state(trainer.state, Path(recipe.run_folder))
    resumed = run_steps(recipe, 3)
    assert resumed.state.step == whole.state.step == 6
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name
    for name, weight in whole.state.average.weights.items():
        assert torch.equal(weight, resumed.state.average.weights[name]), name


def test_finished_run_is_a_checkpoint(recipe: Recipe) -> None:
    folder = Path(recipe.run_folder)
    assert train(recipe, quiet)
    checkpoint = folder / "checkpoint"
    weights = load_file(checkpoint / "ema.safetensors")
    assert weights["vae2llm.weight"].dtype == torch.bfloat16
    for name in (
        "ae.safetensors",
        "config.json",
        "llm_config.json",
        "vit_config.json",
        "vocab.json",
        "mindseye.json",
    ):
        assert (checkpoint / name).is_file(), name
    lines = [json.loads(line) for line in (folder / "curves.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6]
    assert (folder / "curves.png").is_file()


def test_finish_in_shortens_a_run(recipe: Recipe) -> None:
    prepared = run_steps(recipe, 2)
    save_state(prepared.state, Path(recipe.run_folder))
    assert train(recipe, quiet, finish_in=1)
    state = prepare(recipe, quiet).state
    assert (state.step, state.ending) == (3, (3, 1))


def test_learning_falls(recipe: Recipe) -> None:
    prepared = prepare(recipe, quiet)
    batch = prepared.trainer.step.stream[0]  # the same again and again
    step = dataclasses.replace(
        prepared.trainer.step, stream=dict.fromkeys(range(60), batch)
    )  # the same again and again
    settings = dataclasses.replace(recipe.optimizer, num_steps=60)
    losses = [step(prepared.state, settings) for _ in range(60)]
    assert losses[-1]["ce"] < 0.6 * losses[0]["ce"]  # type: ignore[operator]
    assert losses[-1]["mse"] < 0.95 * losses[0]["mse"]  # type: ignore[operator]


def test_state_of_other_sizes(recipe: Recipe) -> None:
    save_state(prepare(recipe, quiet).state, Path(recipe.run_folder))
    other = dataclasses.replace(recipe, model=ModelSizes(hidden_size=64))
    with pytest.raises(SettingsError, match="other sizes"):
        prepare(other, quiet)


def test_a_damaged_state_is_named(recipe: Recipe) -> None:
    (Path(recipe.run_folder) / STATE_FILE).write_bytes(b"half a state")
    with pytest.raises(SettingsError, match="damaged"):
        prepare(recipe, quiet)


def test_crash_while_saving_leaves_the_state_before(recipe: Recipe) -> None:
    folder = Path(recipe.run_folder)
    prepared = run_steps(recipe, 1)
    save_state(prepared.state, folder)
    (folder / (STATE_FILE + ".partial")).write_bytes(b"half")
    load_state(prepared.state, folder)
    assert prepared.state.step == 1


def test_a_run_begins_with_the_weights_of_a_checkpoint(
    recipe: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> None:
    checkpoint = tmp_path_factory.mktemp("given")
    run_steps(recipe, 2).export(checkpoint)
    begun = prepare(dataclasses.replace(recipe, start_from=str(checkpoint)), quiet)
    given = load_file(checkpoint / "ema.safetensors")
    for name, weight in begun.model.state_dict().items():
        assert torch.equal(weight, given[name].float()), name
    for name, weight in begun.state.average.weights.items():
        assert torch.equal(weight, given[name].float()), name


def test_start_from_must_fit(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no model at"):
        prepare(dataclasses.replace(recipe, start_from=str(tmp_path / "nowhere")), quiet)
    with pytest.raises(SettingsError, match="other sizes"):
        prepare(dataclasses.replace(recipe, start_from="src/mindseye/pocket"), quiet)


@pytest.mark.parametrize(
    ("patterns", "said"), [(("vit_modle.*",), "no weight is called .*vit_model"), (("*",), "leaves nothing to train")]
)
def test_frozen_names_must_name_something(recipe: Recipe, patterns: tuple[str, ...], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        prepare(dataclasses.replace(recipe, frozen=patterns), quiet)


def test_frozen_weights_stay(recipe: Recipe) -> None:
    prepared = prepare(dataclasses.replace(recipe, frozen=("vit_model.*", "connector.*")), quiet)
    before = {name: weight.clone() for name, weight in prepared.model.state_dict().items()}
    prepared.trainer.step(prepared.state, recipe.optimizer)
    now = prepared.model.state_dict()
    changed = {name.split(".")[0] for name, weight in now.items() if not weight.equal(before[name])}
    assert "language_model" in changed and not changed & {"vit_model", "connector"}
