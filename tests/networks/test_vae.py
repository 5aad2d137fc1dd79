"""Promise: the autoencoder is the FLUX autoencoder, name by name and number by number."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mindseye.networks.config import VaeConfig
from mindseye.networks.vae import Autoencoder

GOLDEN = Path(__file__).parents[1] / "golden" / "tiny"


def relative_error(ours: torch.Tensor, recorded: torch.Tensor) -> float:
    return ((ours - recorded).abs().max() / recorded.abs().max()).item()


@pytest.fixture(scope="module")
def golden_autoencoder() -> Autoencoder:
    sizes = json.loads((GOLDEN / "checkpoint" / "config.json").read_text())["vae_config"]
    known = {name: sizes[name] for name in ("ch", "num_res_blocks", "z_channels", "scale_factor", "shift_factor")}
    autoencoder = Autoencoder(VaeConfig(ch_mult=tuple(sizes["ch_mult"]), **known))
    weights = load_file(GOLDEN / "checkpoint" / "ae.safetensors")
    autoencoder.load_state_dict({name: weight.float() for name, weight in weights.items()})
    return autoencoder.eval()


@pytest.mark.golden
@pytest.mark.parametrize("image", [0, 1, 2])
@torch.no_grad()
def test_same_latents_and_pixels_as_the_reference(golden_autoencoder: Autoencoder, image: int) -> None:
    expected = load_file(GOLDEN / "expected.safetensors")
    latents = golden_autoencoder.encode(expected[f"pixels.vae.{image}"][None])
    assert relative_error(latents[0], expected[f"vae.latent_mean.{image}"]) < 1e-4
    decoded = golden_autoencoder.decode(latents)
    assert relative_error(decoded[0], expected[f"vae.decoded.{image}"]) < 1e-4


def test_an_image_is_encoded_as_if_alone() -> None:
    torch.manual_seed(0)
    autoencoder = Autoencoder(VaeConfig(ch=32, ch_mult=(1, 1, 1, 1), num_res_blocks=1))
    pixels = torch.rand(3, 3, 16, 32) * 2 - 1
    together, alone = autoencoder.encode(pixels), autoencoder.encode(pixels[1:2])
    assert together.shape == (3, 16, 2, 4)
    assert torch.allclose(together[1:2], alone, atol=1e-5)


def test_published_sizes() -> None:
    with torch.device("meta"):
        autoencoder = Autoencoder(VaeConfig())
    assert sum(parameter.numel() for parameter in autoencoder.parameters()) == 83_819_683
