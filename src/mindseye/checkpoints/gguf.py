"""A language model in one GGUF file becomes a folder in transformers' layout: Llama, Qwen2 and Qwen3 shapes.

Quantized weights are written out in full, in float32. Needs the extra `gguf`.
"""
# D hidden_size, H heads, E head_dim

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers
from tokenizers import Tokenizer as RustTokenizer
from torch import Tensor

from ..errors import CheckpointError

ARCHITECTURES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}
OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
IN_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
TABLE = "rope_freqs"  # computed here
CONTROL, USER_DEFINED = 3, 4  # kinds of tokens that are never part of a word
WORDS = {  # how each names the way it cuts texts into words; the regular expressions are part of their formats
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "llama-bpe": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}


def convert_gguf(path: Path, folder: Path) -> None:
    """Write config.json, model.safetensors and the tokenizer of a GGUF file into a folder.

    Raises CheckpointError for what is no such file, holds another architecture, or where the extra is missing.
    """
    file = GgufFile(path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(file.config(), indent=1) + "\n")
    file.tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(file.tokenizer_config(), indent=1) + "\n")
    save_file(dict(file.tensors()), folder / "model.safetensors", {"format": "pt"})


@dataclass(frozen=True)
class GgufFile:
    """What one file says and holds."""

    path: Path

    @cached_property
    def reader(self) -> Any:
        """The library's reader."""
        try:
            import gguf
        except ImportError as error:
            raise CheckpointError(f'{self.path} needs the library gguf: pip install "mindseye[gguf]"') from error
        try:
            return gguf.GGUFReader(str(self.path))
        except (OSError, ValueError, IndexError) as error:
            raise CheckpointError(f"{self.path} is no whole GGUF file ({error}); download it again") from error

    @cached_property
    def said(self) -> Mapping[str, Any]:
        """Everything it says beside weights, by name."""
        return {name: field.contents() for name, field in self.reader.fields.items()}

    @cached_property
    def architecture(self) -> str:
        """llama, qwen2 or qwen3."""
        found = self.said.get("general.architecture")
        if found not in ARCHITECTURES:
            raise CheckpointError(f"{self.path} holds a {found} model; expected one of {', '.join(ARCHITECTURES)}")
        return str(found)

    def size(self, name: str) -> Any:
        """A size of the architecture, such as "attention.head_count"."""
        key = f"{self.architecture}.{name}"
        if key not in self.said:
            raise CheckpointError(f"{self.path} does not say {key}; the file is not whole")
        return self.said[key]

    @cached_property
    def heads(self) -> tuple[int, int]:
        """Heads of queries, and of keys and values."""
        queries = int(self.size("attention.head_count"))
        return queries, int(self.said.get(f"{self.architecture}.attention.head_count_kv", queries))

    def config(self) -> dict[str, Any]:
        """As transformers writes it."""
        width, (queries, keys) = int(self.size("embedding_length")), self.heads
        names = {tensor.name for tensor in self.reader.tensors}
        return {
            "architectures": [ARCHITECTURES[self.architecture]],
            "model_type": self.architecture,
            "hidden_act": "silu",
            "vocab_size": len(self.said["tokenizer.ggml.tokens"]),
            "hidden_size": width,
            "intermediate_size": int(self.size("feed_forward_length")),
            "num_hidden_layers": int(self.size("block_count")),
            "num_attention_heads": queries,
            "num_key_value_heads": keys,
            "head_dim": int(self.said.get(f"{self.architecture}.attention.key_length", width // queries)),
            "rms_norm_eps": float(self.size("attention.layer_norm_rms_epsilon")),
            "rope_theta": float(self.said.get(f"{self.architecture}.rope.freq_base", 10_000.0)),
            "max_position_embeddings": int(self.size("context_length")),
            "tie_word_embeddings": "output.weight" not in names,
            "attention_bias": "blk.0.attn_q.bias" in names,
            "torch_dtype": "float32",
        }

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Names of transformers and weights (out, in), in float32."""
        from gguf import dequantize

        for stored in self.reader.tensors:
            if stored.name.startswith(TABLE):
                continue
            name = name_of(stored.name, self.path)
            weight = torch.from_numpy(np.array(dequantize(stored.data, stored.tensor_type), dtype=np.float32))
            if self.architecture == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
                weight = in_halves(weight, self.heads["k_proj" in name])
            yield name, weight

    def tokenizer(self) -> RustTokenizer:
        """The byte-level tokenizer, with marks as special tokens."""
        kind = self.said.get("tokenizer.ggml.model")
        if kind != "gpt2":
            raise CheckpointError(
                f"{self.path} has a tokenizer of the kind {kind}; only byte-level ones (gpt2) are read"
            )
        tokens = self.said["tokenizer.ggml.tokens"]
        merges = [tuple(pair.split(" ")) for pair in self.said["tokenizer.ggml.merges"]]
        rust = RustTokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
        rust.pre_tokenizer = self._words()
        rust.decoder = decoders.ByteLevel()
        kinds = self.said.get("tokenizer.ggml.token_type", [])
        marks = [token for token, kind in zip(tokens, kinds) if kind == CONTROL]
        rust.add_special_tokens([AddedToken(mark, normalized=False) for mark in marks])
        others = [token for token, kind in zip(tokens, kinds) if kind == USER_DEFINED]
        rust.add_tokens([AddedToken(token, normalized=False) for token in others])
        return rust

    def tokenizer_config(self) -> dict[str, Any]:
        """Which marks begin and end, and the chat template."""
        tokens, found = self.said["tokenizer.ggml.tokens"], {}
        for name in ("bos", "eos", "unknown", "padding"):
            number = self.said.get(f"tokenizer.ggml.{name}_token_id")
            if number is not None:
                found[{"unknown": "unk", "padding": "pad"}.get(name, name) + "_token"] = tokens[number]
        template = self.said.get("tokenizer.chat_template")
        return found | ({"chat_template": template} if template else {})

    def _words(self) -> pre_tokenizers.PreTokenizer:
        name = str(self.said.get("tokenizer.ggml.pre", "default"))
        as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=name not in WORDS)
        if name in WORDS:
            return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(WORDS[name]), "isolated"), as_bytes])
        if name == "smollm":
            return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), as_bytes])
        if name in ("default", "gpt-2"):
            return as_bytes
        raise CheckpointError(f"{self.path} cuts words as {name} does; known: smollm, gpt-2, {', '.join(WORDS)}")


def name_of(stored: str, path: Path) -> str:
    """transformers' name of a tensor; CheckpointError for one that is none of this architecture's."""
    stem, _, kind = stored.rpartition(".")
    if stem in OUTSIDE:
        return f"{OUTSIDE[stem]}.{kind}"
    match = re.fullmatch(r"blk\.(\d+)\.(\w+)", stem)
    if match is None or match[2] not in IN_LAYER:
        raise CheckpointError(f"{path}: no place is known for the tensor {stored}")
    return f"model.layers.{match[1]}.{IN_LAYER[match[2]]}.{kind}"


def in_halves(weight: Tensor, num_heads: int) -> Tensor:
    """(H * E, D): the file keeps the two numbers that a rotation mixes side by side, transformers half a head apart."""
    return weight.unflatten(0, (num_heads, -1, 2)).transpose(1, 2).flatten(0, 2)
