"""Promise: the fused layers compute what the plain ones do, forwards and backwards."""

import pytest
import torch

from mindseye.networks.config import DecoderConfig
from mindseye.networks.mot import GEN, MoTLayer
from mindseye.training import fuse


@pytest.mark.parametrize("expert", ["", GEN])
def test_fused_is_plain(expert: str) -> None:
    torch.manual_seed(0)
    layer = MoTLayer(DecoderConfig(64, 32, 48, 1, 4, 2), 0, ("", GEN))
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    x, seen = torch.randn(7, 32, requires_grad=True), torch.randn(7, 32)

    def run() -> list[torch.Tensor]:
        qk, v = layer.experts[expert].project(x)
        out = layer.experts[expert].finish(x, seen)
        gradients = torch.autograd.grad(qk.sum() + v.square().sum() + out.square().sum(), [x, *used(layer, expert)])
        return [qk, v, out, *gradients]

    plain = run()
    layer.experts[expert] = fuse.FusedExpert(layer, expert, fuse.project, fuse.finish)
    for one, other in zip(plain, run(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def used(layer: MoTLayer, expert: str) -> list[torch.nn.Parameter]:
    """The parameters of one expert."""
    is_gen = expert == GEN
    return [one for name, one in layer.named_parameters() if (GEN in name) == is_gen]


def test_without_a_compiler_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuse.shutil, "which", lambda name: None)
    with pytest.raises(fuse.SettingsError, match="fused: false"):
        fuse.fuse(None)  # type: ignore[arg-type]
