"""Promise: plans, positions, masks, losses and gradients are those of the reference implementation."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mindseye.checkpoints.configs import read_configs
from mindseye.inputs.tokenizer import Tokenizer
from mindseye.networks.unified import UnifiedModel
from mindseye.networks.vae import Autoencoder
from mindseye.training.replay import replay_train_case

GOLDEN = Path(__file__).parents[1] / "golden" / "tiny"
pytestmark = pytest.mark.golden


@pytest.fixture(scope="module")
def recorded() -> dict[str, torch.Tensor]:
    return load_file(GOLDEN / "expected.safetensors")


@pytest.fixture(scope="module")
def cases() -> dict:
    return json.loads((GOLDEN / "cases.json").read_text())


@pytest.fixture(scope="module")
def found(recorded: dict[str, torch.Tensor], cases: dict) -> dict[str, torch.Tensor]:
    folder = GOLDEN / "checkpoint"
    network, vae = (load_file(folder / name) for name in ("ema.safetensors", "ae.safetensors"))
    shapes = {name: tuple(weight.shape) for name, weight in {**network, **vae}.items()}
    config = read_configs(folder, shapes).config
    model, autoencoder = UnifiedModel(config), Autoencoder(config.vae)
    model.load_state_dict({name: weight.float() for name, weight in network.items()})
    autoencoder.load_state_dict({name: weight.float() for name, weight in vae.items()})
    return replay_train_case(model, autoencoder, Tokenizer.from_folder(folder), recorded, cases)


@pytest.mark.parametrize("name", ["text_ids", "text_indexes", "position_ids", "ce_indexes", "label_ids"])
def test_sequences(found: dict[str, torch.Tensor], recorded: dict[str, torch.Tensor], name: str) -> None:
    assert torch.equal(found[f"train.{name}"], recorded[f"train.{name}"])


@pytest.mark.parametrize("sample", range(4))
def test_who_sees_whom(found: dict[str, torch.Tensor], recorded: dict[str, torch.Tensor], sample: int) -> None:
    assert torch.equal(found[f"train.mask.{sample}"], recorded[f"train.mask.{sample}"])


@pytest.mark.parametrize("name", ["ce", "mse"])
def test_losses(found: dict[str, torch.Tensor], recorded: dict[str, torch.Tensor], name: str) -> None:
    ours, theirs = found[f"train.{name}"], recorded[f"train.{name}"]
    assert (ours - theirs).abs().max() / theirs.abs().max() < 1e-4


def test_gradients(found: dict[str, torch.Tensor], cases: dict) -> None:
    norms = cases["cases"]["train"]["grad_norms"]
    largest = max(norms.values())
    for name, norm in norms.items():
        ours = found[f"train.grad_norm.{name}"].item()
        assert abs(ours - norm) <= max(1e-3 * norm, 1e-5 * largest), name
