"""Language models of the Llama kind in transformers' layout: Llama, SmolLM2, Mistral, Qwen2, Qwen3."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from ...errors import CheckpointError
from ...inputs.formats import PromptFormat, prompt_format
from ...inputs.tokenizer import Tokenizer
from ...networks.causal_lm import CausalLM
from ...networks.config import DecoderConfig
from ..configs import FoundConfig
from ..ranges import check_ranges
from .family import Family, Folder, Source, required, stops_of

HEAD = "lm_head.weight"
USUAL_THETA = 10_000.0
USUAL_CONTEXT = {"llama": 2048, "mistral": 4096 * 32}


class Llama(Family):
    """What differs between them is said by their config: biases, norms of queries and keys, sizes of heads."""

    name = "Llama"
    model_types = ("llama", "mistral", "qwen2", "qwen3")

    def recognises(self, folder: Folder) -> bool:
        return super().recognises(folder) and "model.embed_tokens.weight" in folder.tensors

    def read_config(self, folder: Folder) -> FoundConfig:
        config = decoder_config(folder.said, folder)
        check_ranges(folder.path, config)
        return FoundConfig(config, (), is_tied(folder.said, "model.embed_tokens.weight", HEAD, folder))

    def build(self, config: DecoderConfig, understanding_only: bool) -> CausalLM:
        return CausalLM(config)

    def sources(self, network: nn.Module, folder: Folder, found: FoundConfig) -> dict[str, Source]:
        return {name: Source(name) for name in network.state_dict() if not (name == HEAD and found.tie_word_embeddings)}

    def is_ignored(self, name: str, folder: Folder, understanding_only: bool) -> bool:
        is_head = name == HEAD and is_tied(folder.said, "model.embed_tokens.weight", HEAD, folder)
        return is_head or name.endswith("rotary_emb.inv_freq")  # older folders keep this table, some a second head

    def finish(self, network: CausalLM, found: FoundConfig, folder: Folder) -> list[str]:
        if found.tie_word_embeddings:
            network.lm_head.weight = network.model.embed_tokens.weight
        return []

    def prompt_format(self, folder: Path, tokenizer: Tokenizer) -> PromptFormat:
        return prompt_format(
            "chatml" if "<|im_start|>" in tokenizer.special_ids else "plain", tokenizer, stops_of(folder)
        )


def decoder_config(said: Mapping[str, Any], folder: Folder) -> DecoderConfig:
    """The sizes of a decoder that transformers describes; raises CheckpointError for what is not computed here."""
    kind = str(said.get("model_type", "llama"))
    _refuse_others(said, folder)
    rope = _rope(said, folder)
    num_heads = required(said, "num_attention_heads", folder.path)
    try:
        return DecoderConfig(
            vocab_size=required(said, "vocab_size", folder.path),
            hidden_size=required(said, "hidden_size", folder.path),
            intermediate_size=required(said, "intermediate_size", folder.path),
            num_hidden_layers=required(said, "num_hidden_layers", folder.path),
            num_attention_heads=num_heads,
            num_key_value_heads=said.get("num_key_value_heads") or num_heads,
            rms_norm_eps=_number(said.get("rms_norm_eps"), 1e-6),
            rope_theta=_number(said.get("rope_theta"), _number(rope.get("rope_theta"), USUAL_THETA)),
            max_position_embeddings=_number(said.get("max_position_embeddings"), USUAL_CONTEXT.get(kind, 32768)),
            head_dim=said.get("head_dim") or 0,
            attention_bias=kind == "qwen2",
            use_qk_norm=kind == "qwen3",
        )
    except (TypeError, ValueError, ArithmeticError) as error:
        raise CheckpointError(f"{folder.path}: config.json holds a value of the wrong kind ({error})") from error


def _rope(said: Mapping[str, Any], folder: Folder) -> Mapping[str, Any]:
    """What config.json says of rotary positions, in its older or its newer form."""
    found = said.get("rope_scaling") or said.get("rope_parameters") or {}
    if not isinstance(found, dict):
        raise CheckpointError(
            f"{folder.path}: config.json says {str(found)[:40]!r} of rotary positions; expected an object"
        )
    return found


def _number(said: Any, default: Any) -> Any:
    """What is said, or the default where nothing is; what is no number is refused with the ranges."""
    return default if said is None else str(said) if isinstance(said, bool) else said


def is_tied(said: Mapping[str, Any], table: str, head: str, folder: Folder) -> bool:
    """Whether the word head is the embedding table: as config.json says, or as the weights do where it is silent."""
    found = said.get("tie_word_embeddings")
    if found is not None and not isinstance(found, bool):
        raise CheckpointError(
            f"{folder.path}: config.json says tie_word_embeddings {str(found)[:40]!r}; expected true or false"
        )
    return found if found is not None else head not in folder.tensors and table in folder.tensors


def _refuse_others(said: Mapping[str, Any], folder: Folder) -> None:
    rope = _rope(said, folder)
    scaling = rope.get("rope_type") or rope.get("type") or "default"
    refused = {
        "rope scaling": (scaling, "default"),
        "hidden_act": (said.get("hidden_act", "silu"), "silu"),
        "attention_bias": (said.get("model_type") != "qwen2" and bool(said.get("attention_bias", False)), False),
        "mlp_bias": (bool(said.get("mlp_bias", False)), False),
        "use_sliding_window": (_slides(said), False),
    }
    for key, (value, expected) in refused.items():
        if value != expected:
            raise CheckpointError(f"{folder.path}: config.json asks for {key} {value}; expected {expected}")


def _slides(said: Mapping[str, Any]) -> bool:
    """Whether some layer sees less than the whole context."""
    is_asked = said.get("use_sliding_window", said.get("model_type") == "mistral")
    return bool(is_asked and said.get("sliding_window"))
