"""BAGEL and its fine-tuned children: two experts, a SigLIP eye, FLUX's autoencoder beside them."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from ...inputs.image_processors import BagelImageProcessor
from ...inputs.images import ImageTransforms
from ...inputs.tokenizer import Tokenizer
from ...networks.config import LatentGrid, UnifiedConfig, VaeConfig
from ...networks.embeddings import PositionTable
from ...networks.unified import UnifiedModel
from ..configs import FoundConfig, read_configs
from ..estimate import PART_NAMES, part_of
from ..strict import LM_HEAD, is_convolution, is_drawing_only
from .family import Family, Folder, Source

FIXED_TABLES = ("vit_pos_embed", "latent_pos_embed")


class Bagel(Family):
    """Folders in the layout of ByteDance-Seed/BAGEL-7B-MoT."""

    name = "BAGEL"
    format_name = "bagel"
    part_names = tuple(PART_NAMES.values())

    def recognises(self, folder: Folder) -> bool:
        return True  # the last of the table: what is no other is taken for one, and errors say what is missing

    def read_config(self, folder: Folder) -> FoundConfig:
        return read_configs(folder.path, folder.shapes)

    def build(self, config: UnifiedConfig, understanding_only: bool) -> UnifiedModel:
        return UnifiedModel(config, understanding_only)

    def sources(self, network: nn.Module, folder: Folder, found: FoundConfig) -> dict[str, Source]:
        made = {f"{table}.pos_embed" for table in FIXED_TABLES} | ({LM_HEAD} if found.tie_word_embeddings else set())
        sources = {}
        for name in network.state_dict():
            if name not in folder.tensors and name in made:
                continue
            is_turned = name in folder.tensors and is_convolution(name, folder.tensors[name].shape)
            sources[name] = Source(name, "convolution" if is_turned else "as it is")
        return sources

    def is_ignored(self, name: str, folder: Folder, understanding_only: bool) -> bool:
        return understanding_only and is_drawing_only(name)

    def finish(self, network: UnifiedModel, found: FoundConfig, folder: Folder) -> list[str]:
        notes = [
            f"{name} was kept as a convolution; it was laid out as a linear layer"
            for name, info in folder.tensors.items()
            if is_convolution(name, info.shape)
        ]
        for name in FIXED_TABLES:
            table = getattr(network, name, None)
            if isinstance(table, PositionTable) and f"{name}.pos_embed" not in folder.tensors:
                table.to_empty(device=network.device).to(network.dtype)
                table.reset()
                notes.append(f"the weights lack {name}, a fixed table; it was computed")
        if found.tie_word_embeddings and LM_HEAD not in folder.tensors:
            network.language_model.lm_head.weight = network.language_model.model.embed_tokens.weight
        return notes

    def autoencoder(self, config: UnifiedConfig) -> VaeConfig:
        return config.vae

    def latents(self, config: UnifiedConfig) -> LatentGrid:
        return config.latents

    def part_of(self, name: str) -> str:
        return PART_NAMES[part_of(name)]

    def vocab_size(self, config: UnifiedConfig) -> int:
        return config.decoder.vocab_size

    def tokenizer(self, folder: Path) -> Tokenizer:
        return Tokenizer.from_folder(folder)

    def image_processor(
        self, folder: Path, network: UnifiedModel, transforms: ImageTransforms | None
    ) -> BagelImageProcessor:
        config = network.config
        return BagelImageProcessor(
            transforms or ImageTransforms.from_folder(folder),
            config.vit.patch_size,
            min(config.vit_max_num_patch_per_side, config.vit.num_patches_per_side),
            config.pixels_per_token,
            draws=not network.understanding_only,
        )
