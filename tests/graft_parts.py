"""Small random language models and vision towers, as transformers saves them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from mindseye.networks.lora import LoraSettings
from mindseye.training.graft_recipe import GraftParts, GraftRecipe, GraftStage
from mindseye.training.loop import SavingSettings
from mindseye.training.optimizer import OptimizerSettings
from mindseye.training.streams.scenes import SceneSettings
from mindseye.training.trainable import Part

SIDE, PATCH, WIDTH = 56, 14, 32
EYES = {
    "hidden_size": WIDTH,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "image_size": SIDE,
    "patch_size": PATCH,
}
TOKENIZER = Path(__file__).parent / "golden" / "tiny" / "checkpoint"
LORA = LoraSettings(r=4)
PACE = OptimizerSettings(num_steps=4, num_decay_steps=2, num_warmup_steps=1, learning_rate=1e-2)


def lively(model: Any, spread: float = 0.15) -> Any:
    """Random weights large enough that a mistake would show."""
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        is_norm = ("norm" in name or ".ln_" in name) and name.endswith("weight")
        parameter.data.normal_(1.0 if is_norm else 0.0, spread, generator=generator)
    return model.eval()


def language_model(kind: str, transformers: Any) -> Any:
    """A GPT-2 or Llama of the recorded tokenizer's size."""
    if kind == "gpt2":
        config = transformers.GPT2Config(vocab_size=512, n_embd=48, n_layer=2, n_head=4, n_positions=256)
        return lively(transformers.GPT2LMHeadModel(config))
    sizes = {"vocab_size": 512, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2}
    config = transformers.LlamaConfig(**sizes, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True)
    return lively(transformers.LlamaForCausalLM(config))


def tower(kind: str, transformers: Any) -> Any:
    """A CLIP or SigLIP with both sides, or a DINOv2."""
    if kind == "dinov2":
        return lively(transformers.Dinov2Model(transformers.Dinov2Config(**EYES, mlp_ratio=2)))
    words = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    eyes = {**EYES, "intermediate_size": 64}
    if kind == "clip":
        return lively(transformers.CLIPModel(transformers.CLIPConfig(vision_config=eyes, text_config=words)))
    return lively(transformers.SiglipModel(transformers.SiglipConfig(vision_config=eyes, text_config=words)))


def save_language_model(kind: str, transformers: Any, folder: Path) -> Path:
    """With the recorded tokenizer beside it."""
    language_model(kind, transformers).save_pretrained(folder)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(TOKENIZER / name, folder)
    return folder


def save_tower(kind: str, transformers: Any, folder: Path) -> Path:
    """With rules for its images beside it."""
    tower(kind, transformers).save_pretrained(folder)
    square = {"height": SIDE, "width": SIDE}
    rules: dict[str, Any] = {"resample": 3, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4]}
    rules |= {"size": square} if kind == "siglip" else {"size": {"shortest_edge": SIDE + 8}, "crop_size": square}
    (folder / "preprocessor_config.json").write_text(json.dumps(rules))
    return folder


def two_stages(parts: Path, run_folder: Path) -> GraftRecipe:
    """Of `words` and `eyes` in a folder: scenes of corners, first for the projector alone, then for adapters and a
    contrastive head too."""
    scenes = SceneSettings(batch_size=4)
    projector = Part(("projector.*",), 1e-2)
    words = Part(("language_model.*",), 1e-3, lora=LORA)
    head = Part(("contrastive.*",), 1e-2)
    all_parts = {"projector": projector, "words": words, "head": head}
    return GraftRecipe(
        graft=GraftParts(str(parts / "words"), str(parts / "eyes"), "grid:2", contrastive=True),
        stages=(
            GraftStage("align", {"projector": projector}, PACE, scenes),
            GraftStage("tune", all_parts, PACE, scenes, contrastive_weight=0.5),
        ),
        run_folder=str(run_folder),
        threads=torch.get_num_threads(),
        precision="float32",
        saving=SavingSettings(report_every=2),
    )
