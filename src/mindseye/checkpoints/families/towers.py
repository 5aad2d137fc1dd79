"""Vision towers as transformers describes and names them: CLIP, SigLIP, DINOv2."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CheckpointError, nearest
from ...networks.towers import VitTowerConfig
from ...networks.towers.vit import ACTIVATIONS


@dataclass(frozen=True)
class Kind:
    """What transformers leaves out of a config, since it is usual, and what is true of every such tower."""

    usual: Mapping[str, Any]
    always: Mapping[str, Any]


BASE = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
CLIP = Kind(
    {**BASE, "image_size": 224, "patch_size": 32, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5},
    {"has_class_token": True, "has_pre_norm": True, "has_patch_bias": False},
)
SIGLIP = Kind(
    {**BASE, "image_size": 224, "patch_size": 16, "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6}, {}
)
DINOV2 = Kind(
    {**BASE, "image_size": 224, "patch_size": 14, "hidden_act": "gelu", "layer_norm_eps": 1e-6},
    {"has_class_token": True, "has_layer_scale": True},
)
KINDS = {"clip": CLIP, "clip_vision_model": CLIP, "siglip": SIGLIP, "siglip_vision_model": SIGLIP, "dinov2": DINOV2}
FEATURES: dict[int, Mapping[str, Any]] = {  # of a tower on its own: what students of each take
    id(CLIP): {"feature_layer": -2},
    id(SIGLIP): {"has_post_norm": True},
    id(DINOV2): {"has_post_norm": True},
}
DINOV2_NAMES = (  # of transformers -> of CLIP
    (r"^embeddings\.cls_token$", "embeddings.class_embedding"),
    (r"^embeddings\.position_embeddings$", "embeddings.position_embedding.weight"),
    (r"^embeddings\.patch_embeddings\.projection\.", "embeddings.patch_embedding."),
    (r"^encoder\.layer\.", "encoder.layers."),
    (r"\.attention\.attention\.query\.", ".self_attn.q_proj."),
    (r"\.attention\.attention\.key\.", ".self_attn.k_proj."),
    (r"\.attention\.attention\.value\.", ".self_attn.v_proj."),
    (r"\.attention\.output\.dense\.", ".self_attn.out_proj."),
    (r"\.norm(\d)\.", r".layer_norm\1."),
    (r"\.layer_scale(\d)\.lambda1$", r".layer_scale\1"),
    (r"^layernorm\.", "post_layernorm."),
)


def vit_config(said: Mapping[str, Any], folder: Path, features: Mapping[str, Any] | None = None) -> VitTowerConfig:
    """Sizes of a tower from a (vision) config of transformers.

    `features` says which features are taken (fields of VitTowerConfig); None takes what is usual for its kind.
    Raises CheckpointError for what is not computed here.
    """
    name = str(said.get("model_type", ""))
    if name not in KINDS:
        raise CheckpointError(
            f'{folder}: "{name}" is no known vision tower{nearest(name, KINDS)}; known: {", ".join(KINDS)}'
        )
    kind = KINDS[name]
    sizes = {key: said.get(key, value) for key, value in kind.usual.items()}
    if kind is DINOV2:
        sizes["intermediate_size"] = round(sizes["hidden_size"] * said.get("mlp_ratio", 4))
        if said.get("use_swiglu_ffn"):
            raise CheckpointError(f"{folder}: towers with SwiGLU (DINOv2 giant) are not computed here")
    if sizes["hidden_act"] not in ACTIVATIONS:
        raise CheckpointError(f"{folder}: hidden_act is {sizes['hidden_act']}; known: {', '.join(ACTIVATIONS)}")
    chosen = FEATURES[id(kind)] if features is None else features
    try:
        return VitTowerConfig(**sizes, **kind.always, **chosen, num_channels=said.get("num_channels", 3))
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{folder}: the vision config holds a value of the wrong kind ({error})") from error


def tower_name(stored: str, model_type: str) -> str:
    """The name that a stored tensor has in `VitTower`."""
    name = stored.removeprefix("dinov2.").removeprefix("vision_model.")
    if model_type == "dinov2":
        for pattern, ours in DINOV2_NAMES:
            name = re.sub(pattern, ours, name)
    return f"vision_model.{name}"
