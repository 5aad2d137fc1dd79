"""GGUF files: the same weights and words as before they were put there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from mindseye.checkpoints.gguf import convert_gguf
from mindseye.checkpoints.load import load
from mindseye.errors import CheckpointError

gguf = pytest.importorskip("gguf")
VOCAB = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *"abcdefgh0123456789", "Ġ", "Ġa", "ab"]
WIDTH, HEADS, KEYS, INNER = 32, 4, 2, 64
SHAPES = {
    "attn_q": (WIDTH, WIDTH),
    "attn_k": (WIDTH * KEYS // HEADS, WIDTH),
    "attn_v": (WIDTH * KEYS // HEADS, WIDTH),
    "attn_output": (WIDTH, WIDTH),
    "ffn_gate": (INNER, WIDTH),
    "ffn_up": (INNER, WIDTH),
    "ffn_down": (WIDTH, INNER),
    "attn_norm": (WIDTH,),
    "ffn_norm": (WIDTH,),
}


def write(path: Path, architecture: str = "llama", pre: str = "smollm", leave_out: str = "") -> dict[str, np.ndarray]:
    """A small random model; its tensors by the names in the file."""
    rng, writer = np.random.default_rng(0), gguf.GGUFWriter(str(path), architecture)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEYS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(5e4)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(VOCAB)
    writer.add_token_types([3, 3, 3] + [1] * (len(VOCAB) - 3))
    writer.add_token_merges(["Ġ a", "a b"])
    writer.add_eos_token_id(2)
    tensors = {f"blk.0.{name}.weight": rng.normal(size=shape) for name, shape in SHAPES.items()}
    tensors |= {"token_embd.weight": rng.normal(size=(len(VOCAB), WIDTH)), "output_norm.weight": np.ones(WIDTH)}
    tensors = {name: tensor.astype(np.float32) for name, tensor in tensors.items() if name != leave_out}
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


def as_the_file_keeps_it(weight: np.ndarray, heads: int) -> np.ndarray:
    """How a converter turns transformers' queries and keys before it writes them."""
    return weight.reshape(heads, 2, len(weight) // heads // 2, -1).swapaxes(1, 2).reshape(weight.shape)


def test_weights_and_sizes_are_kept(tmp_path: Path) -> None:
    tensors = write(tmp_path / "model.gguf")
    convert_gguf(tmp_path / "model.gguf", tmp_path / "folder")
    found = load_file(tmp_path / "folder" / "model.safetensors")
    layer = "model.layers.0."
    assert torch.equal(found[layer + "mlp.down_proj.weight"], torch.from_numpy(tensors["blk.0.ffn_down.weight"]))
    for name, heads in (("q", HEADS), ("k", KEYS)):
        turned = as_the_file_keeps_it(found[f"{layer}self_attn.{name}_proj.weight"].numpy(), heads)
        assert np.array_equal(turned, tensors[f"blk.0.attn_{name}.weight"])
        assert not np.array_equal(found[f"{layer}self_attn.{name}_proj.weight"].numpy(), turned)
    config = json.loads((tmp_path / "folder" / "config.json").read_text())
    assert config["tie_word_embeddings"] and config["rope_theta"] == 5e4 and config["num_key_value_heads"] == KEYS


def test_what_was_converted_loads_and_writes(tmp_path: Path) -> None:
    write(tmp_path / "model.gguf")
    convert_gguf(tmp_path / "model.gguf", tmp_path / "folder")
    loaded = load(tmp_path / "folder", dtype="float32")
    assert loaded.prompt_format.name == "chatml"
    assert loaded.tokenizer.encode("ab 12") == [VOCAB.index(word) for word in ("ab", "Ġ", "1", "2")]
    assert loaded.tokenizer.encode("<|im_end|>", allow_special=True) == [2]


def test_numbers_are_cut_as_the_file_says(tmp_path: Path) -> None:
    write(tmp_path / "a.gguf", pre="default")
    convert_gguf(tmp_path / "a.gguf", tmp_path / "a")
    words = Tokenizer.from_file(str(tmp_path / "a" / "tokenizer.json")).pre_tokenizer.pre_tokenize_str("a 12")
    assert [word for word, _ in words] == ["a", "Ġ12"]
    with pytest.raises(CheckpointError, match="cuts words as other does"):
        write(tmp_path / "b.gguf", pre="other")
        convert_gguf(tmp_path / "b.gguf", tmp_path / "b")


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.gguf").write_bytes(b"")
    with pytest.raises(CheckpointError, match="no whole GGUF file"):
        convert_gguf(tmp_path / "empty.gguf", tmp_path / "a")
    write(tmp_path / "other.gguf", architecture="mamba")
    with pytest.raises(CheckpointError, match="holds a mamba model"):
        convert_gguf(tmp_path / "other.gguf", tmp_path / "b")
    write(tmp_path / "half.gguf", leave_out="blk.0.ffn_up.weight")
    convert_gguf(tmp_path / "half.gguf", tmp_path / "c")
    with pytest.raises(CheckpointError, match="up_proj"):
        load(tmp_path / "c")
