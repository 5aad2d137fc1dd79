"""A grafted network becomes a folder that `load` reads back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..inputs.image_processors import SquareTransforms
from ..networks.grafted import Grafted
from .configs import FoundConfig
from .families import Folder
from .families.grafted import GraftedFamily, config_json
from .save import whole_folder, write_json, write_weights


def save_grafted(
    folder: Path,
    network: Grafted,
    text_config: Mapping[str, Any],
    transforms: SquareTransforms,
    source: Path,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write weights and configs, with the tokenizer of the folder `source`, whole or not at all.

    `text_config` is the language model's config as transformers writes it.
    """
    said = config_json(network.config, text_config)
    with whole_folder(folder, source) as staged:
        write_json(said, staged / "config.json")
        write_json(transforms.to_json(), staged / "preprocessor_config.json")
        write_weights(stored_state(network, said), staged / "model.safetensors", dtype)


def stored_state(network: Grafted, said: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights under the names and in the layouts in which files keep them."""
    family = GraftedFamily()
    is_tied = bool(said["text_config"].get("tie_word_embeddings", False))
    found = FoundConfig(network.config, (), is_tied)
    state, stored = network.state_dict(), {}
    for name, source in family.sources(network, Folder(Path("."), {}, said), found).items():
        stored[source.name] = state[name].T if source.layout == "transposed" else state[name]
    return stored
