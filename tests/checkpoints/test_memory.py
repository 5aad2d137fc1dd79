"""Loading takes hardly more memory than the weights: the promise that a 29 GB model fits a 32 GB machine."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from mindseye.checkpoints.estimate import count_parameters
from mindseye.networks.config import DecoderConfig, UnifiedConfig, VaeConfig, VitConfig
from mindseye.networks.unified import UnifiedModel
from mindseye.networks.vae import Autoencoder

pytestmark = pytest.mark.alone

needs_linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured with Linux's own numbers")
ADDED, PEAK = 1.05, 1.05  # times the loaded bytes; the peak may hold the largest tensor besides
MEASURE = """
import sys
from mindseye.checkpoints.load import load

def said(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(key))

load(sys.argv[1], for_answering=True)
before = said("VmRSS")
model = load(sys.argv[2], dtype=sys.argv[3], for_answering=sys.argv[4] == "True")
print(said("VmRSS") - before, said("VmHWM") - before)
"""


def write_hollow(network: torch.nn.Module, path: Path) -> None:
    """A bfloat16 safetensors file of zeros that takes no room on the disk."""
    header, end = {}, 0
    for name, tensor in network.state_dict().items():
        begin, end = end, end + 2 * math.prod(tensor.shape)
        header[name] = {"dtype": "BF16", "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    os.truncate(path, 8 + len(text) + end)


@dataclass(frozen=True)
class Memory:
    """Bytes: of the loaded weights, of the largest tensor, what loading added to the process, and its peak."""

    weights: int
    largest: int
    added: int
    peak: int


def measure(tiny: Path, folder: Path, config: UnifiedConfig, dtype: str, for_answering: bool) -> Memory:
    """A made-up checkpoint loaded in a process of its own that has loaded a small one before."""
    folder.mkdir()
    with torch.device("meta"):
        network = UnifiedModel(config)
        write_hollow(network, folder / "ema.safetensors")
        write_hollow(Autoencoder(config.vae), folder / "ae.safetensors")
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        (folder / name).symlink_to(tiny / name)
    command = [sys.executable, "-c", MEASURE, str(tiny), str(folder), dtype, str(for_answering)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    added, peak = map(int, printed.split())
    size = getattr(torch, dtype).itemsize
    largest = max(parameter.numel() for parameter in network.parameters()) * size
    return Memory(count_parameters(config).total * size, largest, added, peak)


def config_of(width: int, num_layers: int) -> UnifiedConfig:
    return UnifiedConfig(
        decoder=DecoderConfig(8192, width, 4 * width, num_layers, 8, 2),
        vit=VitConfig(32, 64, 2, 2),
        vae=VaeConfig(ch=32, ch_mult=(1, 1, 2, 2), num_res_blocks=1),
    )


@needs_linux
@pytest.mark.parametrize("for_answering", [False, True], ids=["plain", "laid out"])
@pytest.mark.parametrize(("dtype", "num_layers"), [("bfloat16", 16), ("float32", 8)])
def test_loading_adds_the_weights_and_hardly_more(
    folder: Path, tmp_path: Path, dtype: str, num_layers: int, for_answering: bool
) -> None:
    found = measure(folder, tmp_path / "big", config_of(1024, num_layers), dtype, for_answering)
    assert found.weights > 500e6
    assert found.added < ADDED * found.weights, found
    assert found.peak < PEAK * found.weights + found.largest, found


@needs_linux
@pytest.mark.slow
def test_four_gigabytes_need_hardly_more_than_four(folder: Path, tmp_path: Path) -> None:
    found = measure(folder, tmp_path / "big", config_of(3072, 14), "bfloat16", True)
    assert found.weights > 4e9
    assert found.peak < PEAK * found.weights + found.largest, found
