"""What the numbers of a config may be: a model of other numbers computes nonsense, or nothing, or without end."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from ..networks.config import UnifiedConfig

MOST = {
    "vocab_size": 10_000_000,
    "hidden_size": 1_000_000,
    "intermediate_size": 10_000_000,
    "num_hidden_layers": 10_000,
    "num_attention_heads": 10_000,
    "num_key_value_heads": 10_000,
    "head_dim": 100_000,
    "max_position_embeddings": 100_000_000,
    "patch_size": 1024,
    "num_channels": 1024,
    "num_patches_per_side": 4096,
    "in_channels": 1024,
    "out_ch": 1024,
    "ch": 65_536,
    "ch_mult": 64,
    "num_res_blocks": 1000,
    "z_channels": 65_536,
    "norm_num_groups": 65_536,
    "latent_patch_size": 64,
    "max_latent_size": 4096,
    "vit_max_num_patch_per_side": 4096,
}
"""Whole numbers from 1 to so many, but for those in MAY_BE_NONE."""
MAY_BE_NONE = ("num_res_blocks",)  # an autoencoder goes without
NO_NUMBERS = ("attention_bias", "use_qk_norm")
BETWEEN = {
    "rms_norm_eps": (0.0, 1.0),
    "layer_norm_eps": (0.0, 1.0),
    "rope_theta": (1.0, 1e15),
    "scale_factor": (1e-6, 1e6),
    "shift_factor": (-1e6, 1e6),
    "timestep_shift": (1e-3, 1e3),
}


def check_ranges(folder: Path, config: Any) -> None:
    """Raise CheckpointError for a number of a config, or of the configs in it, that cannot be."""
    for item in fields(config):
        value = getattr(config, item.name)
        if is_dataclass(value):
            check_ranges(folder, value)
        elif item.name in NO_NUMBERS:
            continue
        else:
            for number in value if isinstance(value, tuple) else (value,):
                in_range(folder, "a config", item.name, number)
    if isinstance(config, UnifiedConfig) and len(config.vae.ch_mult) not in range(1, 9):
        raise CheckpointError(f"{folder}: a config has ch_mult {list(config.vae.ch_mult)}; expected 1 to 8 numbers")


def in_range(folder: Path, file: str, name: str, value: object) -> None:
    """Raise CheckpointError unless this value of `file` is a number that the setting `name` may have."""
    if name in MOST:
        least = 0 if name in MAY_BE_NONE else 1
        is_right = isinstance(value, int) and not isinstance(value, bool) and least <= value <= MOST[name]
        expected = f"a whole number from {least} to {MOST[name]}"
    else:
        low, high = BETWEEN[name]
        is_right = isinstance(value, (int, float)) and math.isfinite(value) and low <= value <= high
        expected = f"a number from {low:g} to {high:g}"
    if not is_right:
        raise CheckpointError(f"{folder}: {file} has {name} {str(value)[:40]}; expected {expected}")
