"""Published LLaVA folders (1.5 and its kin): CLIP or SigLIP, a projector of two layers, Llama or Qwen2."""

from __future__ import annotations

import re
from pathlib import Path

from torch import nn

from ...errors import CheckpointError
from ...inputs.formats import PromptFormat, prompt_format
from ...inputs.tokenizer import Tokenizer
from ...networks.image_tokens import ImageTokens
from ...networks.projector import ProjectorConfig
from ...networks.towers import TowerConfig
from ..configs import FoundConfig
from .family import Family, Folder, Source, stops_of
from .grafted import LANGUAGE, GraftedFamily
from .towers import vit_config

OURS = (  # over the years transformers has named the same weights differently
    (r"^model\.(?=language_model\.|vision_tower\.|multi_modal_projector\.)", ""),
    (r"^lm_head\.", "language_model.lm_head."),
    (r"^language_model\.(?!model\.|lm_head\.)", "language_model.model."),
    (r"^vision_tower\.(?!vision_model\.)", "vision_tower.vision_model."),
    (r"^multi_modal_projector\.", "projector."),
)
TABLES = ("rotary_emb.inv_freq", "position_ids")
MARK_OF_CHATML = "<|im_start|>"


class LlavaFamily(GraftedFamily):
    """The network of a grafted model, under the names of transformers' LLaVA."""

    name = "LLaVA"
    model_types = ("llava",)

    def language(self, folder: Folder) -> tuple[Family, Folder]:
        renamed = {our_name(name): info for name, info in folder.tensors.items()}
        said = dict(folder.said)
        said["text_config"] = {"model_type": "llama", **(said.get("text_config") or {})}
        if "tie_word_embeddings" in folder.said:
            said["text_config"].setdefault("tie_word_embeddings", folder.said["tie_word_embeddings"])
        return super().language(Folder(folder.path, renamed, said))

    def tower(self, folder: Folder) -> TowerConfig:
        layer = folder.said.get("vision_feature_layer", -2)
        if not isinstance(layer, int):
            raise CheckpointError(f"{folder.path}: vision_feature_layer is {layer}; only one layer is taken here")
        vision = {"model_type": "clip_vision_model", **(folder.said.get("vision_config") or {})}
        strategy = folder.said.get("vision_feature_select_strategy", "default")
        if layer >= 0:
            layer -= int(vision.get("num_hidden_layers", 12)) + 1
        return vit_config(vision, folder.path, {"feature_layer": layer, "keeps_class_token": strategy == "full"})

    def projector(self, folder: Folder) -> ProjectorConfig:
        activation = folder.said.get("projector_hidden_act", "gelu")
        return ProjectorConfig("mlp", activation=activation, bias=folder.said.get("multimodal_projector_bias", True))

    def image_tokens(self, folder: Folder) -> ImageTokens:
        return ImageTokens("patches")

    def sources(self, network: nn.Module, folder: Folder, found: FoundConfig) -> dict[str, Source]:
        stored = {our_name(name): name for name in folder.tensors}
        renamed = Folder(folder.path, {ours: folder.tensors[name] for ours, name in stored.items()}, folder.said)
        sources = super().sources(network, renamed, found)
        return {name: Source(stored.get(s.name, s.name), s.layout) for name, s in sources.items()}

    def is_ignored(self, name: str, folder: Folder, understanding_only: bool) -> bool:
        ours = our_name(name)
        if ours.startswith(LANGUAGE):
            return super().is_ignored(ours, folder, understanding_only)
        config = self.tower(folder)
        layer = re.match(r"vision_tower\.vision_model\.encoder\.layers\.(\d+)\.", ours)
        is_beyond = layer is not None and int(layer[1]) >= getattr(config, "num_layers_used", 0)
        is_unused = ours.startswith(("vision_tower.vision_model.post_layernorm.", "vision_tower.vision_model.head."))
        return is_beyond or is_unused or name.endswith(TABLES)

    def prompt_format(self, folder: Path, tokenizer: Tokenizer) -> PromptFormat:
        return prompt_format(
            "chatml-eyes" if MARK_OF_CHATML in tokenizer.special_ids else "llava", tokenizer, stops_of(folder)
        )


def our_name(stored: str) -> str:
    """The name of a stored tensor in `Grafted`."""
    for pattern, ours in OURS:
        stored = re.sub(pattern, ours, stored)
    return stored
