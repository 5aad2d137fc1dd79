"""GPT-2 and distilgpt2 in transformers' layout."""

from __future__ import annotations

import re
from pathlib import Path

from torch import nn

from ...errors import CheckpointError
from ...given_files import read_given
from ...inputs.tokenizer import LARGEST_TOKENIZER, Tokenizer
from ...networks.gpt2 import Gpt2, Gpt2Config
from ..configs import FoundConfig
from ..ranges import check_ranges
from .family import Family, Folder, Source, required

PREFIX = "transformer."
HEAD = "lm_head.weight"
END = "<|endoftext|>"
TURNED = re.compile(r"\.(c_attn|c_proj|c_fc)\.weight$")  # stored (in, out)
MASK = re.compile(r"\.attn\.(masked_)?bias$")


class Gpt2Family(Family):
    """Weights bear a leading "transformer." or none; their matrices lie transposed."""

    name = "GPT-2"
    model_types = ("gpt2",)

    def read_config(self, folder: Folder) -> FoundConfig:
        said = folder.said
        expected = {
            "activation_function": "gelu_new",
            "tie_word_embeddings": True,
            "scale_attn_weights": True,
            "scale_attn_by_inverse_layer_idx": False,
            "add_cross_attention": False,
        }
        for key, value in expected.items():
            if said.get(key, value) != value:
                raise CheckpointError(f"{folder.path}: config.json says {key} {said[key]}; expected {value}")
        width, num_heads = required(said, "n_embd", folder.path), required(said, "n_head", folder.path)
        inner = said.get("n_inner")
        config = Gpt2Config(
            vocab_size=required(said, "vocab_size", folder.path),
            hidden_size=width,
            intermediate_size=4 * width if inner is None else inner,
            num_hidden_layers=required(said, "n_layer", folder.path),
            num_attention_heads=num_heads,
            max_position_embeddings=said.get("n_positions") or 1024,
            layer_norm_eps=said.get("layer_norm_epsilon", 1e-5),
        )
        check_ranges(folder.path, config)
        if width % num_heads:
            raise CheckpointError(f"{folder.path}: {num_heads} heads do not divide the hidden size {width}")
        return FoundConfig(config, (), True)

    def tokenizer(self, folder: Path) -> Tokenizer:
        """Its end of a text is a mark also where a folder has nothing but vocab.json and merges.txt."""
        vocab = folder / "vocab.json"
        is_bare = not (folder / "tokenizer.json").is_file() and vocab.is_file()
        has_end = is_bare and END in read_given(vocab, LARGEST_TOKENIZER, CheckpointError).decode("utf-8", "replace")
        return Tokenizer.from_folder(folder, (END,) if has_end else (), "gpt2")

    def build(self, config: Gpt2Config, understanding_only: bool) -> Gpt2:
        return Gpt2(config)

    def sources(self, network: nn.Module, folder: Folder, found: FoundConfig) -> dict[str, Source]:
        prefix = PREFIX if any(name.startswith(PREFIX) for name in folder.tensors) else ""
        return {
            name: Source(prefix + name, "transposed" if TURNED.search(name) else "as it is")
            for name in network.state_dict()
        }

    def is_ignored(self, name: str, folder: Folder, understanding_only: bool) -> bool:
        return bool(MASK.search(name)) or name == HEAD  # the head is the table of words, stored twice by some
