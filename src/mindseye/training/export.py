"""The averaged weights of a run as a checkpoint folder in the published layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor

from ..checkpoints.save import save
from ..errors import SettingsError
from ..given_files import read_json
from ..inputs.images import ImageLimits, ImageTransforms
from ..networks.unified import UnifiedModel
from ..networks.vae import Autoencoder
from ..whole_files import write_whole
from ..worlds.episodes import SYSTEM_PROMPTS
from ..worlds.world import world_called
from .optimizer import Average
from .recipe import ModelSizes

DEFAULTS_FILE = "mindseye.json"
WORDS_FILE = "known_words.json"
DRAW: dict[str, Any] = {
    "num_timesteps": 10,
    "timestep_shift": 1.0,
    "cfg_text_scale": 2.0,
    "cfg_interval": [0.0, 1.0],
}
EDIT: dict[str, Any] = {
    "num_timesteps": 10,
    "timestep_shift": 1.0,
    "cfg_text_scale": 2.0,
    "cfg_img_scale": 1.0,
    "cfg_interval": [0.0, 1.0],
}


def write_defaults(folder: Path, world: str) -> None:
    """Say what requests to a model of the world should use unless told otherwise, and what its lessons said."""
    said = {"draw": DRAW, "edit": EDIT, "text": {"max_tokens": 64}, "system_prompts": dict(SYSTEM_PROMPTS)}
    words = read_json(folder / WORDS_FILE, error=SettingsError) if (folder / WORDS_FILE).is_file() else {}
    said |= {"think": dict.fromkeys(world_called(world).thinks, True)}
    said["knows"] = {"world": world, **words}
    write_whole(folder / DEFAULTS_FILE, json.dumps(said, indent=1, ensure_ascii=False) + "\n")


def transforms_of(sizes: ModelSizes, model: UnifiedModel) -> ImageTransforms:
    """Every image is brought to the one size that was trained."""
    side = sizes.image_size
    vae = ImageLimits(max_size=side, min_size=side, stride=model.config.pixels_per_token)
    return ImageTransforms(vae, ImageLimits(max_size=side, min_size=side, stride=sizes.vit_patch_size))


def export(
    folder: Path,
    model: UnifiedModel,
    average: Average,
    autoencoder: Autoencoder,
    vocabulary: Path,
    sizes: ModelSizes,
    world: str,
) -> None:
    """Write the checkpoint folder: averaged weights and autoencoder in bfloat16, sizes, limits, tokenizer."""
    write_defaults(vocabulary, world)
    network: dict[str, Tensor] = {**model.state_dict(), **average.weights}
    save(folder, network, autoencoder.state_dict(), model.config, vocabulary, transforms_of(sizes, model))
