"""Promise: fused training computes what the plain network does, forwards and backwards, up to bfloat16's rounding."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from mindseye.errors import SettingsError
from mindseye.networks.config import DecoderConfig, VaeConfig
from mindseye.networks.decoder import Decoder, DecoderBody
from mindseye.networks.mot import GEN, Streams
from mindseye.networks.vae import Autoencoder
from mindseye.training import kernels
from mindseye.training.attention import BucketedAttention
from mindseye.training.batches import PADDING, Bucket
from mindseye.training.fuse import FusedBody
from mindseye.training.fused_encoder import fuse_encoder

CUTS = (5, 14, 34)  # between samples
NUM_UND, NUM_GEN = 40, 27
Forward = Callable[..., Streams]


WIDTH = 128


def a_body(num_heads: int = 16) -> DecoderBody:
    torch.manual_seed(0)
    body = Decoder(DecoderConfig(64, WIDTH, 48, 2, num_heads, num_heads // 2)).model
    for name, parameter in body.named_parameters():
        torch.nn.init.normal_(parameter, mean=float("norm" in name), std=0.3)
    return body


def some_buckets(count: int) -> list[Bucket]:
    """Samples whose tokens stand anywhere in the streams; some tokens see later ones too."""
    rng = np.random.default_rng(0)
    order, buckets = rng.permutation(count), []
    for number, part in enumerate(np.split(order, CUTS)):
        rows = np.full((1, len(part) + number), PADDING, np.int64)
        rows[0, : len(part)] = part
        mask = np.tril(np.ones((1, rows.shape[1], rows.shape[1]), bool))
        mask[:, :, :16] |= rng.random(rows.shape[1])[:16] < 0.2
        mask[:, 20:22, 32:33] = True  # only the second of two rows of tiles sees what comes last
        mask &= (rows >= 0)[:, :, None] & (rows >= 0)[:, None, :]
        buckets.append(Bucket(rows, mask))
    return buckets


def results(body: DecoderBody, forward: Forward, has_gen: bool, is_half: bool) -> dict[str, Tensor]:
    """What comes out, and all gradients."""
    torch.manual_seed(1)
    und, gen = torch.randn(NUM_UND, WIDTH, requires_grad=True), torch.randn(NUM_GEN, WIDTH, requires_grad=True)
    count = NUM_UND + (NUM_GEN if has_gen else 0)
    positions, aim = torch.randint(0, 50, (count,)), torch.randn(count, WIDTH)
    attend = BucketedAttention(some_buckets(count), torch.device("cpu"))
    body.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=is_half):
        streams = forward(und, gen if has_gen else None, positions, attend)
    out = torch.cat([one for one in streams if one is not None])
    (out * aim).sum().backward()
    found = {"out": out.detach(), "und": und.grad, **({"gen": gen.grad} if has_gen else {})}
    found |= {name: one.grad for name, one in body.named_parameters() if one.grad is not None}
    return {name: one.clone() for name, one in found.items() if one is not None}


@pytest.mark.parametrize("num_heads", [16, 4])  # heads of 32 go by tiles where the processor has them
@pytest.mark.parametrize("has_gen", [True, False])
def test_fused_is_plain(has_gen: bool, num_heads: int) -> None:
    body = a_body(num_heads)
    exact = results(body, body.forward, has_gen, is_half=False)
    rounded = results(body, body.forward, has_gen, is_half=True)
    fused = results(body, FusedBody(body).forward, has_gen, is_half=True)
    assert exact.keys() == fused.keys() and any(GEN in name for name in fused) == has_gen
    for name, truth in exact.items():
        allowed = 2 * distance(rounded[name], truth) + 0.005
        assert distance(fused[name], truth) < allowed < 0.1, name


def distance(one: Tensor, truth: Tensor) -> float:
    """Relative to the truth's size."""
    return ((one - truth).norm() / truth.norm()).item()


def test_the_fused_eye_is_the_plain_one() -> None:
    torch.manual_seed(0)
    config = VaeConfig(ch=32, ch_mult=(1, 1, 1, 1), num_res_blocks=0, norm_num_groups=8, scale_factor=1.3)
    autoencoder, pixels = Autoencoder(config), torch.randn(3, 3, 48, 48)
    with torch.no_grad():
        truth = autoencoder.encode(pixels)
        fuse_encoder(autoencoder)
        assert 0 < distance(autoencoder.encode(pixels), truth) < 0.02


def test_a_larger_eye_stays_as_it_is() -> None:
    autoencoder = Autoencoder(VaeConfig(ch=32, ch_mult=(1, 1), num_res_blocks=1, norm_num_groups=8))
    fuse_encoder(autoencoder)
    assert "encode" not in vars(autoencoder)


def test_without_a_compiler_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels.shutil, "which", lambda name: None)
    with pytest.raises(SettingsError, match="fused: false"):
        FusedBody(a_body())


def test_what_the_compiler_said_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "OPTIONS", ("-fno-such-option",))
    with pytest.raises(SettingsError, match="no-such-option"):
        FusedBody(a_body())
