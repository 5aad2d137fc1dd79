"""Sizes of models that everybody starts from, for networks of their shape with random weights where nothing is at hand.

As their config.json says; words that a test does not need are left out, since the pocket model's tokenizer stands in.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from .locate import POCKET, find_folder

GPT2 = {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024}
LANGUAGE_MODELS: dict[str, dict[str, Any]] = {
    "gpt2": GPT2,
    "distilgpt2": {**GPT2, "n_layer": 6},
    "smollm2-135m-instruct": {
        "model_type": "llama",
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "rms_norm_eps": 1e-5,
        "rope_theta": 1e5,
        "max_position_embeddings": 8192,
        "tie_word_embeddings": True,
    },
}
CLIP = {"model_type": "clip_vision_model", "image_size": 224}
TOWERS: dict[str, dict[str, Any]] = {
    "openai/clip-vit-base-patch16": {**CLIP, "patch_size": 16},
    "openai/clip-vit-large-patch14": {
        **CLIP,
        "patch_size": 14,
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
    },
}
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
STAND_IN = ("vocab.json", "merges.txt", "tokenizer_config.json")


def write_language_model(name: str, folder: Path) -> None:
    """A folder with the config of a known language model and a small tokenizer, without weights."""
    pocket = find_folder(POCKET)
    for file in STAND_IN:
        shutil.copyfile(pocket / file, folder / file)
    words = json.loads((pocket / "config.json").read_text(encoding="utf-8"))["llm_config"]["vocab_size"]
    (folder / "config.json").write_text(json.dumps({**LANGUAGE_MODELS[name], "vocab_size": words}), encoding="utf-8")
