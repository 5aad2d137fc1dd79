"""Packed weights: another layout, the same numbers."""

import copy
import pickle

import pytest
import torch
from torch import nn

from mindseye.checkpoints.load import load
from mindseye.errors import MindseyeError
from mindseye.networks import lay_out
from mindseye.networks.attention import Attend
from mindseye.networks.config import DecoderConfig
from mindseye.networks.cpu_expert import FewStepNorm
from mindseye.networks.cpu_layout import CpuLinear, can_lay_out, can_lay_out_layers
from mindseye.networks.decoder import Decoder
from mindseye.networks.lay_out import lay_out_for_cpu, undo_layout
from mindseye.networks.norm import RMSNorm

CONFIG = DecoderConfig(50, 32, 48, 2, 4, 2)
needs_layout = pytest.mark.skipif(not can_lay_out(torch.zeros(1)), reason="this torch has no oneDNN")


class ToItself(Attend):
    """Attention in which every token sees only its own value."""

    def __call__(self, layer, q, k, v):
        return v.repeat_interleave(q.shape[1] // v.shape[1], dim=1).flatten(1) + q.flatten(1)


def run(decoder, dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    und, gen = torch.randn(3, 32, generator=generator), torch.randn(5, 32, generator=generator)
    with torch.inference_mode():
        return decoder(und.to(dtype), gen.to(dtype), torch.arange(8), ToItself())


def make_decoder():
    torch.manual_seed(0)
    decoder = Decoder(CONFIG)
    for name, parameter in decoder.named_parameters():
        if "norm" in name:
            parameter.data.uniform_(0.5, 1.5)
    return decoder


@needs_layout
@pytest.mark.parametrize("small", [0, 1 << 20], ids=["gate and up apart", "gate and up joined"])
def test_packing_changes_no_result_and_no_name(small, monkeypatch):
    monkeypatch.setattr(lay_out, "SMALL", small)
    decoder = make_decoder()
    state = {name: tensor.clone() for name, tensor in decoder.state_dict().items()}
    num_bytes = sum(p.numel() * p.element_size() for p in decoder.parameters())
    before = run(decoder)
    lay_out_for_cpu(decoder)
    lay_out_for_cpu(decoder)  # once more does no harm
    assert any(isinstance(module, CpuLinear) for module in decoder.modules())
    for a, b in zip(before, run(decoder), strict=True):
        assert torch.allclose(a, b, atol=1e-5)
    after = decoder.state_dict()
    assert list(after.keys() ^ state.keys()) == []
    assert all(torch.equal(after[name], tensor) for name, tensor in state.items())
    assert sum(p.numel() * p.element_size() for p in decoder.parameters()) == num_bytes


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_a_norm_of_few_steps_is_the_same_norm(scale):
    norm = RMSNorm(32, 1e-6)
    norm.weight.data.uniform_(0.5, 1.5)
    x = torch.randn(7, 32) * scale
    assert torch.allclose(FewStepNorm(norm.weight, norm.eps)(x), norm(x), rtol=1e-5, atol=1e-6)
    assert torch.equal(FewStepNorm(norm.weight, norm.eps)(torch.zeros(1, 32)), torch.zeros(1, 32))


@needs_layout
def test_bfloat16_is_near_float32():
    decoder = make_decoder()
    exact = run(decoder)
    lay_out_for_cpu(decoder.to(torch.bfloat16))
    for a, b in zip(exact, run(decoder, torch.bfloat16), strict=True):
        assert (a - b.float()).abs().max() < 0.05 * a.abs().max()


@needs_layout
def test_a_tied_word_head_is_a_packed_copy_until_it_is_undone():
    decoder, states = make_decoder(), torch.randn(3, 32)
    table = decoder.lm_head.weight = decoder.model.embed_tokens.weight
    before = decoder.logits(states)
    lay_out_for_cpu(decoder)
    assert isinstance(decoder.lm_head, CpuLinear)
    assert torch.allclose(before, decoder.logits(states), atol=1e-5)
    assert decoder.model.embed_tokens.weight is table
    assert decoder.state_dict()["lm_head.weight"].data_ptr() == table.data_ptr()  # so that it is saved as tied
    undo_layout(decoder)
    assert decoder.lm_head.weight is decoder.model.embed_tokens.weight is table
    assert table.requires_grad


@needs_layout
@pytest.mark.parametrize(
    "change",
    [
        lambda decoder: decoder.half(),
        copy.deepcopy,
        pickle.dumps,
        lambda decoder: decoder.load_state_dict(decoder.state_dict()),
    ],
    ids=["convert", "copy", "pickle", "refill"],
)
def test_what_is_packed_refuses_to_change_and_stays_whole(change):
    decoder = make_decoder()
    lay_out_for_cpu(decoder)
    before = run(decoder)
    with pytest.raises(MindseyeError, match="load the model again"):
        change(decoder)
    assert all(torch.equal(a, b) for a, b in zip(before, run(decoder), strict=True))


@needs_layout
def test_what_was_laid_out_can_be_plain_again_and_learns():
    decoder = make_decoder()
    state, before = {name: tensor.clone() for name, tensor in decoder.state_dict().items()}, run(decoder)
    lay_out_for_cpu(decoder)
    undo_layout(decoder)
    assert not any(isinstance(module, CpuLinear) for module in decoder.modules())
    after = decoder.state_dict()
    assert list(after.keys() ^ state.keys()) == [] and all(torch.equal(after[name], state[name]) for name in state)
    assert all(torch.equal(a, b) for a, b in zip(before, run(decoder), strict=True))
    decoder.model(torch.randn(3, 32), None, torch.arange(3), ToItself())[0].sum().backward()
    assert decoder.model.layers[0].self_attn.q_proj.weight.grad is not None
    decoder.half()


def test_layers_of_another_kind_are_left_alone():
    class Adapted(nn.Linear):
        pass

    holder = nn.ModuleDict({"a": nn.Linear(4, 4), "b": Adapted(4, 4)})
    assert not can_lay_out_layers(holder, [["a", "b"]])
    assert not can_lay_out_layers(holder, [["a"], ["gone"]])


def test_an_unpacked_decoder_learns():
    decoder = make_decoder()
    und, gen = decoder(torch.randn(3, 32), torch.randn(5, 32), torch.arange(8), ToItself())
    (und.square().sum() + gen.square().sum()).backward()
    lacking = [name for name, p in decoder.named_parameters() if p.grad is None]
    assert lacking == ["model.embed_tokens.weight", "model.norm.weight", "model.norm_moe_gen.weight", "lm_head.weight"]


def test_what_only_reads_has_no_second_expert(golden):
    network = load(str(golden / "checkpoint"), understanding_only=True).network
    lay_out_for_cpu(network)
    assert not any("_moe_gen" in name for name in network.state_dict())
