"""Checkpoints of any size with made-up weights, in the published layout: speed does not depend on what is known.

python benchmarks/made_up.py large DIR
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from mindseye.checkpoints.save import save
from mindseye.inputs.images import ImageLimits, ImageTransforms
from mindseye.inputs.tokenizer import Tokenizer
from mindseye.networks.config import DecoderConfig, UnifiedConfig, VaeConfig, VitConfig
from mindseye.networks.unified import UnifiedModel
from mindseye.networks.vae import Autoencoder

TOKENIZER = Path(__file__).parents[1] / "tests" / "golden" / "tiny" / "checkpoint"
VIT = VitConfig(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4)
VAE = VaeConfig(ch=32, ch_mult=(1, 1, 2, 2), num_res_blocks=1)
SIZES = {
    "large": DecoderConfig(8192, 1024, 2816, 12, 16, 4),
    "small": DecoderConfig(8192, 256, 704, 6, 8, 4),
}


def make_checkpoint(folder: Path, decoder: DecoderConfig, seed: int = 0) -> None:
    """Write a checkpoint with random weights in bfloat16 to `folder`, with the test suite's tokenizer."""
    config = UnifiedConfig(decoder, VIT, VAE)
    network = UnifiedModel(config)
    generator = torch.Generator().manual_seed(seed)
    network.initialise(generator)
    network.llm2vae.weight.data.normal_(std=0.02, generator=generator)
    _never_end(network, Tokenizer.from_folder(TOKENIZER))
    torch.manual_seed(seed)
    vae = Autoencoder(VAE)
    limits = ImageTransforms(vae=ImageLimits(1024, 16, 16), vit=ImageLimits(980, 14, 14))
    save(folder, network.state_dict(), vae.state_dict(), config, TOKENIZER, limits)


def _never_end(network: UnifiedModel, tokenizer: Tokenizer) -> None:
    """A score of zero for every mark, so that texts get as long as a measurement wants."""
    head = network.language_model.lm_head.weight.data
    head[sorted(tokenizer.special_ids.values())] = 0
    head[tokenizer.largest_id + 1 :] = 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    make_checkpoint(arguments.folder, SIZES[arguments.size])
