"""Counts equal the networks', and memory grows with the work as its formulas say."""

from __future__ import annotations

import pytest
import torch

from mindseye.checkpoints.estimate import (
    Work,
    bytes_per_token,
    count_parameters,
    estimate_memory,
    legal_sizes,
    part_of,
)
from mindseye.networks.config import DecoderConfig, UnifiedConfig, VaeConfig, VitConfig
from mindseye.networks.unified import UnifiedModel
from mindseye.networks.vae import Autoencoder

BAGEL = UnifiedConfig(DecoderConfig(152064, 3584, 18944, 28, 28, 4), VitConfig(1152, 4304, 26, 16))
TINY = UnifiedConfig(
    DecoderConfig(477, 64, 128, 3, 4, 2),
    VitConfig(32, 64, 2, 2),
    VaeConfig(ch=32, ch_mult=(1, 1, 2, 2), num_res_blocks=1),
)


@pytest.mark.parametrize("config", [BAGEL, TINY], ids=["bagel", "tiny"])
def test_counts_equal_the_networks(config: UnifiedConfig) -> None:
    with torch.device("meta"):
        networks = [UnifiedModel(config), Autoencoder(config.vae)]
        small = UnifiedModel(config, understanding_only=True)
    counts = count_parameters(config)
    found = dict.fromkeys(vars(counts), 0)
    for network in networks:
        for name, tensor in network.state_dict().items():
            found[part_of(name)] += tensor.numel()
    assert found == vars(counts)
    assert counts.for_understanding(config).total == sum(p.numel() for p in small.parameters())


def test_bagel() -> None:
    assert count_parameters(BAGEL).total == 14_691_079_811
    assert bytes_per_token(BAGEL) == 57_344
    draw = estimate_memory(BAGEL, Work("draw"))
    assert 27 < draw.weights / 2**30 < 28 and 28 < draw.total / 2**30 < 36
    assert 14 < estimate_memory(BAGEL, Work("read", 980, 980)).weights / 2**30 < 16


def test_memory_grows_with_the_work() -> None:
    def total(**changes) -> int:
        return estimate_memory(BAGEL, Work(**{"kind": "edit", **changes})).total

    base = total()
    assert total(batch=2) > base and total(branches=3) > base and total(width=512) < base
    assert total(prompt_tokens=4096) > base and total(kind="draw") < base
    assert (
        estimate_memory(BAGEL, Work("edit"), number_bytes=4).weights == 2 * estimate_memory(BAGEL, Work("edit")).weights
    )
    assert estimate_memory(BAGEL, Work("read")).autoencoder == 0


def test_legal_sizes() -> None:
    sizes = legal_sizes(BAGEL)
    assert (sizes.step, sizes.largest) == (16, 1024)
    assert sizes.by_ratio["4:3"] == (1024, 768) and sizes.by_ratio["9:16"] == (576, 1024)
    assert all(side % 16 == 0 for size in sizes.by_ratio.values() for side in size)
