"""Promise: an adapter changes nothing until it has learnt, can be merged without a change and taken away again."""

import pytest
import torch
from torch import nn

from mindseye.errors import SettingsError
from mindseye.networks.lora import LoraLinear, LoraSettings, adapted, is_adapter, merge, unwrap, weight_of, wrap


def network() -> nn.Module:
    torch.manual_seed(0)
    block = nn.ModuleDict({"q_proj": nn.Linear(6, 8), "norm": nn.LayerNorm(8), "o_proj": nn.Linear(8, 6, bias=False)})
    return nn.Sequential(block["q_proj"], block["norm"], block["o_proj"])


def learnt(model: nn.Module) -> nn.Module:
    """With adapters that are no longer zero."""
    for _, layer in adapted(model):
        nn.init.normal_(layer.lora_B.weight)
    return model


def test_a_new_adapter_changes_nothing() -> None:
    model, x = network(), torch.randn(5, 6)
    before = model(x)
    names = dict(model.named_parameters())
    assert wrap(model, ["*"], LoraSettings(r=2)) == ["0", "2"]
    assert torch.equal(model(x), before)
    after = dict(model.named_parameters())
    assert all(after[name] is parameter for name, parameter in names.items())  # every weight is where it was
    assert {name for name in after if is_adapter(name)} == set(after) - set(names)


def test_what_was_learnt_is_low_rank_and_scaled() -> None:
    model, x = network(), torch.randn(5, 6)
    plain = model[0].weight.clone()
    wrap(model, ["0.weight"], LoraSettings(r=2, lora_alpha=6))
    layer = learnt(model)[0]
    assert isinstance(layer, LoraLinear) and type(model[2]) is nn.Linear
    difference = 3.0 * layer.lora_B.weight @ layer.lora_A.weight
    assert torch.linalg.matrix_rank(layer.difference()) == 2
    assert torch.allclose(layer(x), x @ (plain + difference).T + layer.bias, atol=1e-5)


def test_merging_keeps_the_answers() -> None:
    model, x = network(), torch.randn(5, 6)
    wrap(model, ["*"], LoraSettings(r=2))
    before = learnt(model)(x)
    assert merge(model) == ["0", "2"]
    assert [type(model[i]) for i in (0, 2)] == [nn.Linear, nn.Linear]
    assert torch.allclose(model(x), before, atol=1e-5) and set(model.state_dict()) == set(network().state_dict())


def test_unwrapping_gives_the_network_back() -> None:
    model, x = network(), torch.randn(5, 6)
    before = model(x)
    wrap(model, ["*"], LoraSettings(r=2))
    assert not torch.allclose(learnt(model)(x), before)
    unwrap(model)
    assert torch.equal(model(x), before) and not list(adapted(model))


def test_chance_comes_from_the_generator_alone() -> None:
    models = [network(), network()]
    for model in models:
        torch.manual_seed(id(model) % 1000)
        wrap(model, ["*"], LoraSettings(r=2), torch.Generator().manual_seed(1))
    assert torch.equal(*(model[0].lora_A.weight for model in models))


def test_targets_and_errors() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q_proj, self.o_proj = nn.Linear(4, 4), nn.Linear(4, 4)

    model = Named()
    assert wrap(model, ["*"], LoraSettings(target_modules=("q_proj",))) == ["q_proj"]
    with pytest.raises(SettingsError, match="no linear layer of k_proj"):
        wrap(Named(), ["*"], LoraSettings(target_modules=("k_proj",)))
    assert weight_of("a.q_proj.lora_B.weight") == "a.q_proj.weight" and weight_of("a.bias") == "a.bias"
