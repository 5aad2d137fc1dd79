"""What a folder that is no BAGEL checkpoint probably is, so that an error can say so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import CheckpointError
from ..given_files import read_json

KNOWN = ("llama", "mistral", "qwen2", "qwen3", "gpt2")
WRAPPERS = ("module.", "_orig_mod.", "model.language_model.", "base_model.model.")


def describe_folder(folder: Path, names: Iterable[str]) -> str:
    """A sentence that says what the folder probably is and what to do, or '' for no idea.

    `names` are the tensors in its weights, as far as they are known.
    """
    names = list(names)
    if (folder / "adapter_config.json").is_file() or any("lora_A" in name for name in names):
        return "this is a LoRA adapter: load the model it was trained on and apply the adapter to that"
    if (folder / "model_index.json").is_file():
        return "this is a diffusers pipeline, another kind of model: a BAGEL-family folder is needed"
    wrapped = next((w for w in WRAPPERS if names and all(name.startswith(w) for name in names)), "")
    if wrapped:
        return f'the names were wrapped by a training framework: take "{wrapped}" off the front of every name'
    if names and all(name.startswith(("encoder.", "decoder.")) for name in names):
        return "this is an autoencoder alone: the weights of the network itself (ema.safetensors) are needed"
    has_decoder = any(name.startswith(("model.layers.", "language_model.model.layers.")) for name in names)
    if has_decoder and not any("_moe_gen" in name or name.startswith("vit_model.") for name in names):
        kind = _model_type(folder)
        if not kind:
            return (
                "this is a plain language model whose config.json is missing, broken or silent: fetch that file again"
            )
        return (
            "" if kind.strip(" ()") in KNOWN else f"this is a language model{kind} of a family that is not known here"
        )
    if not names and (folder / "ae.safetensors").is_file():
        return "only the autoencoder (ae.safetensors) is here: half a download; fetch the rest"
    if not names and _model_type(folder):
        return f"its config.json speaks of a model{_model_type(folder)}, but no weights are here"
    return ""


def _model_type(folder: Path) -> str:
    try:
        said = read_json(folder / "config.json", error=CheckpointError).get("model_type")
    except (OSError, ValueError, AttributeError, CheckpointError):
        return ""
    return f" ({said})" if said else ""
