"""LoRA adapters on disk, in PEFT's layout: `adapter_config.json` and `adapter_model.safetensors`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ..errors import CheckpointError, SettingsError, nearest
from ..given_files import read_json
from ..networks.lora import LoraSettings, adapted, wrap
from ..whole_files import whole_file, write_whole

CONFIG_FILE, WEIGHTS_FILE = "adapter_config.json", "adapter_model.safetensors"
PARTS = ("lora_A", "lora_B")
PREFIX = "base_model.model."
"""What PEFT writes before every name of the network."""
MUST_BE: Mapping[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "bias": (None, "none"),
    "use_dora": (None, False),
    "use_rslora": (None, False),
    "fan_in_fan_out": (None, False),
    "rank_pattern": (None, {}),
    "alpha_pattern": (None, {}),
    "modules_to_save": (None, []),
}


def save_adapters(network: nn.Module, folder: Path, base: str = "", under: str = "") -> None:
    """Write the adapters of a network, with the settings that they share; `base` names the model they belong to.

    With `under` only those of that submodule, under the names that they have inside it. Raises SettingsError where
    there are none, or where they do not share their settings.
    """
    layers = dict(adapted(network.get_submodule(under)))
    if not layers:
        raise SettingsError("the network has no adapters to save; wrap it first")
    settings = {(s.r, s.lora_alpha, s.lora_dropout) for s in (layer.settings for layer in layers.values())}
    if len(settings) > 1:
        raise SettingsError(f"adapters of {len(settings)} sizes do not go into one file: r, alpha, dropout {settings}")
    [(rank, alpha, dropout)] = settings
    weights = {
        f"{PREFIX}{name}.{part}.weight": getattr(layer, part).weight.detach().cpu().contiguous()
        for name, layer in layers.items()
        for part in PARTS
    }
    said = {
        **{name: allowed[-1] for name, allowed in MUST_BE.items()},
        "base_model_name_or_path": base or None,
        "inference_mode": True,
        "lora_alpha": alpha,
        "lora_dropout": dropout,
        "modules_to_save": None,
        "r": rank,
        "target_modules": sorted(layers),
        "task_type": None,
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / CONFIG_FILE, json.dumps(said, indent=2) + "\n")
    with whole_file(folder / WEIGHTS_FILE) as unfinished:
        save_file(weights, unfinished, {"format": "pt"})


def load_adapters(network: nn.Module, folder: Path, under: str = "") -> list[str]:
    """Wrap the layers that a folder has adapters for and fill them; the layers' names.

    Raises CheckpointError for a folder that is none, a kind of adapter that is not known here, and adapters of another
    model; then the network is as it was.
    """
    settings = _settings(folder)
    try:
        weights = load_file(folder / WEIGHTS_FILE)
    except Exception as error:  # the library raises bare Exception
        raise CheckpointError(f"{folder / WEIGHTS_FILE} cannot be read ({error}); save or download it again") from error
    network = network.get_submodule(under)
    names = _check_fits(network, weights, settings, folder)
    for name in names:
        wrap(network, [f"{name}.weight"], replace(settings, target_modules=()))
    for name, layer in adapted(network):
        for part in PARTS if name in names else ():
            getattr(layer, part).weight.data.copy_(weights[f"{PREFIX}{name}.{part}.weight"])
    return names


def _settings(folder: Path) -> LoraSettings:
    path = folder / CONFIG_FILE
    if not path.is_file():
        raise CheckpointError(f"{folder} has no {CONFIG_FILE}; expected a folder of LoRA adapters as PEFT writes them")
    said = read_json(path, error=CheckpointError)
    for name, allowed in MUST_BE.items():
        if said.get(name) not in allowed and said.get(name) is not None:
            raise CheckpointError(f"{path}: {name} is {said[name]!r}; only {allowed[-1]!r} is known here")
    numbers = {name: said.get(name) for name in ("r", "lora_alpha", "lora_dropout")}
    for name, value in numbers.items():
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise CheckpointError(f"{path}: {name} is {value!r}; expected a number")
    return LoraSettings(int(said["r"]), float(said["lora_alpha"]), float(said["lora_dropout"]))


def _check_fits(network: nn.Module, weights: Mapping[str, Tensor], settings: LoraSettings, folder: Path) -> list[str]:
    """The layers that the adapters are for; CheckpointError unless each has both of its matrices, in its sizes."""
    known = dict(network.named_modules())
    names = list(dict.fromkeys(full.removeprefix(PREFIX).rpartition(".lora_")[0] for full in weights))
    for name in names:
        layer = known.get(name)
        if not isinstance(layer, nn.Linear):
            what = f"has no layer {name}{nearest(name, known)}" if layer is None else f"has no linear layer as {name}"
            raise CheckpointError(f"the network {what}; the adapters in {folder} are for another model")
        shapes = ((settings.r, layer.in_features), (layer.out_features, settings.r))
        for part, shape in zip(PARTS, shapes, strict=True):
            full = f"{PREFIX}{name}.{part}.weight"
            if full not in weights:
                raise CheckpointError(f"{folder / WEIGHTS_FILE} lacks {full}; save or download it again")
            if tuple(weights[full].shape) != shape:
                raise CheckpointError(f"{full} is {tuple(weights[full].shape)}; expected {shape} for this network")
    return names
