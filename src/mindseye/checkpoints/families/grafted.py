"""Language models with eyes that were put together here (`mindseye graft`).

`config.json` holds the language model's config as transformers writes it, and what was joined to it:

    {"model_type": "mindseye-graft", "text_config": {...}, "tower": {"kind": "vit", ...}, "projector": {...},
     "image_tokens": "pool", "has_contrastive_head": false}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import nn

from ...errors import CheckpointError, MindseyeError
from ...inputs.formats import PromptFormat, prompt_format
from ...inputs.image_processors import ImageProcessor, SquareProcessor, SquareTransforms
from ...inputs.images import ImageTransforms
from ...inputs.tokenizer import Tokenizer
from ...networks.grafted import Grafted, GraftedConfig
from ...networks.image_tokens import ImageTokens
from ...networks.projector import ProjectorConfig
from ...networks.towers import Lite0Config, TowerConfig, VitTowerConfig
from ..configs import FoundConfig
from .family import Family, Folder, Source, stops_of
from .gpt2 import Gpt2Family
from .llama import Llama

MODEL_TYPE = "mindseye-graft"
LANGUAGE = "language_model."
TOWERS: dict[str, type[VitTowerConfig] | type[Lite0Config]] = {"vit": VitTowerConfig, "efficientnet-lite0": Lite0Config}
LANGUAGE_FAMILIES: tuple[Family, ...] = (Llama(), Gpt2Family())


class GraftedFamily(Family):
    """Language model, tower and projector under `language_model.`, `vision_tower.` and `projector.`."""

    name = "grafted"
    model_types: tuple[str, ...] = (MODEL_TYPE,)

    def language(self, folder: Folder) -> tuple[Family, Folder]:
        """The family of the language model inside, and what it would see if that were alone in its folder."""
        stored = {name.removeprefix(LANGUAGE): i for name, i in folder.tensors.items() if name.startswith(LANGUAGE)}
        alone = Folder(folder.path, stored, dict(folder.said.get("text_config") or {}))
        return language_family(alone), alone

    def read_config(self, folder: Folder) -> FoundConfig:
        family, alone = self.language(folder)
        found = family.read_config(alone)
        try:
            config = GraftedConfig(
                found.config,
                self.tower(folder),
                self.projector(folder),
                self.image_tokens(folder),
                bool(folder.said.get("has_contrastive_head", False)),
            )
        except (TypeError, ValueError, LookupError) as error:
            raise CheckpointError(f"{folder.path}: config.json is not whole ({error!r}); graft it again") from error
        except CheckpointError:
            raise
        except MindseyeError as error:
            raise CheckpointError(f"{folder.path}: config.json: {error}") from error
        return FoundConfig(config, found.notes, found.tie_word_embeddings)

    def tower(self, folder: Folder) -> TowerConfig:
        """The sizes of its eyes."""
        from ...settings import build  # loads YAML, which other families do without

        said = dict(folder.said["tower"])
        return build(TOWERS[said.pop("kind")], said, "tower.")

    def projector(self, folder: Folder) -> ProjectorConfig:
        """What joins them."""
        from ...settings import build

        return build(ProjectorConfig, folder.said["projector"], "projector.")

    def image_tokens(self, folder: Folder) -> ImageTokens:
        """What an image becomes."""
        return ImageTokens.called(folder.said["image_tokens"])

    def build(self, config: GraftedConfig, understanding_only: bool) -> Grafted:
        return Grafted(config)

    def sources(self, network: nn.Module, folder: Folder, found: FoundConfig) -> dict[str, Source]:
        assert isinstance(network, Grafted)
        family, alone = self.language(folder)
        inside = FoundConfig(found.config.language, (), found.tie_word_embeddings)
        written = family.sources(network.language_model, alone, inside)
        sources = {LANGUAGE + name: Source(LANGUAGE + s.name, s.layout) for name, s in written.items()}
        others = (name for name in network.state_dict() if not name.startswith(LANGUAGE))
        return sources | {name: Source(name) for name in others}

    def is_ignored(self, name: str, folder: Folder, understanding_only: bool) -> bool:
        family, alone = self.language(folder)
        inside = name.removeprefix(LANGUAGE)
        return name.startswith(LANGUAGE) and family.is_ignored(inside, alone, understanding_only)

    def finish(self, network: Grafted, found: FoundConfig, folder: Folder) -> list[str]:
        family, alone = self.language(folder)
        inside = FoundConfig(found.config.language, (), found.tie_word_embeddings)
        return family.finish(network.language_model, inside, alone)

    def prompt_format(self, folder: Path, tokenizer: Tokenizer) -> PromptFormat:
        return prompt_format(
            "chatml-eyes" if "<|im_start|>" in tokenizer.special_ids else "plain-eyes", tokenizer, stops_of(folder)
        )

    def image_processor(self, folder: Path, network: Any, transforms: ImageTransforms | None) -> ImageProcessor:
        if transforms is not None:
            raise CheckpointError(f"{folder}: the images of a {self.name} model have one size, so limits have no use")
        return square_processor(folder, network.config)


def language_family(alone: Folder) -> Family:
    """The family of a language model; CheckpointError for what is none."""
    for family in LANGUAGE_FAMILIES:
        if alone.model_type in family.model_types:
            return family
    known = [name for family in LANGUAGE_FAMILIES for name in family.model_types]
    raise CheckpointError(
        f'{alone.path}: "{alone.model_type}" is no language model that is known here; known: {", ".join(known)}'
    )


def square_processor(folder: Path, config: GraftedConfig) -> SquareProcessor:
    """How its images are made; raises CheckpointError where the folder's rules are for another tower."""
    transforms = SquareTransforms.from_folder(folder)
    if transforms.side != config.tower.image_size:
        raise CheckpointError(
            f"{folder}: preprocessor_config.json makes images of {transforms.side} px, but the vision tower wants "
            f"{config.tower.image_size}; take both from one model"
        )
    return SquareProcessor(transforms, config.num_image_tokens)


def config_json(config: GraftedConfig, text_config: Mapping[str, Any]) -> dict[str, Any]:
    """What `read_config` reads back."""
    kind = next(name for name, sizes in TOWERS.items() if isinstance(config.tower, sizes))
    return {
        "architectures": ["MindseyeGraft"],
        "model_type": MODEL_TYPE,
        "text_config": dict(text_config),
        "tower": {"kind": kind, **asdict(config.tower)},
        "projector": asdict(config.projector),
        "image_tokens": config.image_tokens.name,
        "has_contrastive_head": config.has_contrastive_head,
    }
