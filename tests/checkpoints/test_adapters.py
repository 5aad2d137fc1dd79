"""Promise: adapters are written as PEFT writes them, and read from what it wrote."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from mindseye.checkpoints.adapters import CONFIG_FILE, WEIGHTS_FILE, load_adapters, save_adapters
from mindseye.errors import CheckpointError, SettingsError
from mindseye.networks.lora import LoraSettings, adapted, wrap


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q_proj, self.o_proj, self.norm = nn.Linear(6, 8), nn.Linear(8, 6), nn.LayerNorm(6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x + self.o_proj(self.q_proj(x)))


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(Layer(), Layer())


def trained(under: str = "") -> nn.Module:
    model = network()
    wrap(model, [f"{under}*"], LoraSettings(r=2, lora_alpha=6, target_modules=("q_proj",)))
    for _, layer in adapted(model):
        nn.init.normal_(layer.lora_B.weight)
    return model


def test_what_was_saved_answers_the_same(tmp_path: Path) -> None:
    model, again, x = trained(), network(), torch.randn(5, 6)
    save_adapters(model, tmp_path, base="some/model")
    assert load_adapters(again, tmp_path) == ["0.q_proj", "1.q_proj"]
    assert torch.equal(again(x), model(x)) and not torch.allclose(again(x), network()(x))


def test_the_files_are_those_of_peft(tmp_path: Path) -> None:
    save_adapters(trained(), tmp_path, base="some/model")
    said = json.loads((tmp_path / CONFIG_FILE).read_text())
    assert said["peft_type"] == "LORA" and (said["r"], said["lora_alpha"]) == (2, 6)
    assert said["target_modules"] == ["0.q_proj", "1.q_proj"] and said["base_model_name_or_path"] == "some/model"
    shapes = {name: tuple(weight.shape) for name, weight in load_file(tmp_path / WEIGHTS_FILE).items()}
    assert shapes == {
        f"base_model.model.{i}.q_proj.lora_{part}.weight": shape
        for i in (0, 1)
        for part, shape in (("A", (2, 6)), ("B", (8, 2)))
    }


def test_peft_reads_what_we_write_and_we_what_it_writes(tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    x, ours = torch.randn(5, 6), trained()
    save_adapters(ours, tmp_path / "ours")
    theirs = peft.PeftModel.from_pretrained(network(), str(tmp_path / "ours"))
    assert torch.allclose(theirs(x), ours(x), atol=1e-6)
    config = peft.LoraConfig(r=3, lora_alpha=5, target_modules=["o_proj"])
    theirs = peft.get_peft_model(network(), config)
    for name, parameter in theirs.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(parameter)
    theirs.save_pretrained(str(tmp_path / "theirs"))
    again = network()
    assert load_adapters(again, tmp_path / "theirs") == ["0.o_proj", "1.o_proj"]
    assert torch.allclose(again(x), theirs(x), atol=1e-6)


def test_a_part_of_a_model_has_adapters_of_its_own(tmp_path: Path) -> None:
    whole = nn.ModuleDict({"language_model": trained()})
    save_adapters(whole, tmp_path, under="language_model")
    again = nn.ModuleDict({"language_model": network()})
    load_adapters(again, tmp_path, under="language_model")
    x = torch.randn(2, 6)
    assert torch.equal(again["language_model"](x), whole["language_model"](x))


def test_errors_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no adapters"):
        save_adapters(network(), tmp_path)
    with pytest.raises(CheckpointError, match=CONFIG_FILE):
        load_adapters(network(), tmp_path)
    save_adapters(trained(), tmp_path)
    with pytest.raises(CheckpointError, match=r"no layer 1\.q_proj.*another model"):
        load_adapters(nn.Sequential(Layer()), tmp_path)
    narrow = network()
    narrow[1].q_proj = nn.Linear(5, 8)
    with pytest.raises(CheckpointError, match=r"lora_A.weight is \(2, 6\); expected \(2, 5\)"):
        load_adapters(narrow, tmp_path)
    said = json.loads((tmp_path / CONFIG_FILE).read_text())
    (tmp_path / CONFIG_FILE).write_text(json.dumps({**said, "use_dora": True}))
    with pytest.raises(CheckpointError, match="use_dora is True"):
        load_adapters(network(), tmp_path)
    (tmp_path / CONFIG_FILE).write_text(json.dumps({**said, "r": "two"}))
    with pytest.raises(CheckpointError, match="r is 'two'"):
        load_adapters(network(), tmp_path)


def test_nothing_is_wrapped_by_a_folder_that_does_not_fit(tmp_path: Path) -> None:
    save_adapters(trained(), tmp_path)
    weights = load_file(tmp_path / WEIGHTS_FILE)
    del weights["base_model.model.1.q_proj.lora_B.weight"]
    save_file(weights, tmp_path / WEIGHTS_FILE)
    model = network()
    with pytest.raises(CheckpointError, match=r"lacks .*1\.q_proj\.lora_B"):
        load_adapters(model, tmp_path)
    assert not list(adapted(model))
