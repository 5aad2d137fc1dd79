"""A model becomes a checkpoint folder in the published layout, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from ..errors import CheckpointError
from ..inputs.images import ImageTransforms
from ..networks.config import UnifiedConfig
from .defaults import FILE
from .strict import LM_HEAD
from .weights import AUTOENCODER, NAMES

EMBEDDINGS = "language_model.model.embed_tokens.weight"
TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json", "added_tokens.json")
State = Mapping[str, Tensor]


def save(
    folder: Path,
    network: State,
    vae: State | None,
    config: UnifiedConfig,
    source: Path,
    transforms: ImageTransforms,
    dtype: torch.dtype = torch.bfloat16,
) -> None:
    """Write a folder that `load` reads back.

    `network` and `vae` are state dicts; the tokenizer's files and `mindseye.json`, if any, are copied from the
    folder `source`. A new folder appears complete or not at all; in an existing one each file is replaced when
    all have been written, and files of other names stay.
    """
    with whole_folder(folder, source) as staged:
        is_tied = _is_tied(network)
        network = {name: tensor for name, tensor in network.items() if not (is_tied and name == LM_HEAD)}
        for name, content in _config_files(config, is_tied).items():
            write_json(content, staged / name)
        write_json(transforms.to_json(), staged / "preprocessor_config.json")
        write_weights(network, staged / NAMES[0], dtype)
        if vae is not None:
            write_weights(vae, staged / AUTOENCODER, dtype)


@contextmanager
def whole_folder(folder: Path, source: Path) -> Iterator[Path]:
    """A folder to write into, with the tokenizer and `mindseye.json` of `source`; it becomes `folder` when all is done.

    Raises CheckpointError where `source` has no tokenizer.
    """
    folder = Path(folder).absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    names = [name for name in (*TOKENIZER_FILES, FILE) if (source / name).is_file()]
    if not set(names) & set(TOKENIZER_FILES):
        raise CheckpointError(f"{source} has no tokenizer to save along; expected some of {TOKENIZER_FILES}")
    staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name in names:
            shutil.copyfile(source / name, staged / name)
        yield staged
        staged.chmod(0o755)
        _put_in_place(staged, folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """A JSON file."""
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _is_tied(network: State) -> bool:
    head, table = network.get(LM_HEAD), network.get(EMBEDDINGS)
    return head is not None and table is not None and not head.is_meta and head.data_ptr() == table.data_ptr()


def write_weights(state: State, path: Path, dtype: torch.dtype) -> None:
    """A safetensors file, safe on the disk when this returns."""
    tensors = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in state.items()}
    save_file(tensors, path)
    path.chmod(0o644)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _put_in_place(staged: Path, folder: Path) -> None:
    if not folder.exists():
        staged.rename(folder)
        return
    for path in sorted(staged.iterdir(), key=lambda path: path.stat().st_size):
        path.replace(folder / path.name)


def _config_files(config: UnifiedConfig, is_tied: bool) -> dict[str, dict[str, Any]]:
    decoder, vit = asdict(config.decoder), asdict(config.vit)
    for key in ("head_dim", "attention_bias", "use_qk_norm"):
        decoder.pop(key)  # the family's own, so no published folder says them
    sides = vit.pop("num_patches_per_side")
    llm_config = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "hidden_act": "silu",
        "qk_norm": True,
        "tie_word_embeddings": is_tied,
        **decoder,
    }
    vit_config = {
        "model_type": "siglip_vision_model",
        "hidden_act": "gelu_pytorch_tanh",
        "image_size": sides * vit["patch_size"],
        **vit,
        "num_hidden_layers": vit["num_hidden_layers"] + 1,  # the layout counts a last layer that is not there
    }
    whole = {
        "architectures": ["Bagel"],
        "model_type": "bagel",
        "visual_gen": True,
        "visual_und": True,
        "llm_config": llm_config,
        "vit_config": vit_config,
        "vae_config": {**asdict(config.vae), "downsample": config.vae.downsample},
        "latent_patch_size": config.latent_patch_size,
        "max_latent_size": config.max_latent_size,
        "vit_max_num_patch_per_side": config.vit_max_num_patch_per_side,
        "connector_act": "gelu_pytorch_tanh",
        "timestep_shift": config.timestep_shift,
    }
    return {"config.json": whole, "llm_config.json": llm_config, "vit_config.json": vit_config}
