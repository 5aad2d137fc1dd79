"""Loading takes hardly more memory than the weights: the promise that a 29 GB model fits a 32 GB machine."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mindseye.checkpoints.estimate import count_parameters
from mindseye.networks.config import DecoderConfig, UnifiedConfig, VaeConfig, VitConfig
from mindseye.networks.unified import UnifiedModel
from mindseye.networks.vae import Autoencoder

BAR = 1.15
MEASURE = """
import sys
from mindseye.checkpoints.load import load

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

load(sys.argv[1])
before = peak()
model = load(sys.argv[2], dtype=sys.argv[3])
print(peak() - before)
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


def measured_ratio(tiny: Path, folder: Path, config: UnifiedConfig, dtype: str) -> float:
    """Peak memory of loading above the interpreter's own, over the bytes of the loaded weights."""
    folder.mkdir()
    with torch.device("meta"):
        write_hollow(UnifiedModel(config), folder / "ema.safetensors")
        write_hollow(Autoencoder(config.vae), folder / "ae.safetensors")
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        (folder / name).symlink_to(tiny / name)
    command = [sys.executable, "-c", MEASURE, str(tiny), str(folder), dtype]
    grown = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return grown / (count_parameters(config).total * getattr(torch, dtype).itemsize)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured with Linux's own numbers")
@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_peak_is_near_the_weights(folder: Path, tmp_path: Path, dtype: str) -> None:
    width, num_layers = (1024, 5) if dtype == "bfloat16" else (1024, 2)
    config = UnifiedConfig(
        decoder=DecoderConfig(8192, width, 4 * width, num_layers, 8, 2),
        vit=VitConfig(32, 64, 2, 2),
        vae=VaeConfig(ch=32, ch_mult=(1, 1, 2, 2), num_res_blocks=1),
    )
    assert measured_ratio(folder, tmp_path / "big", config, dtype) < BAR
