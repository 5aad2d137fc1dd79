"""Makes a byte-level vocabulary in the layout of Qwen2 from texts of the world."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from ..inputs.tokenizer import QWEN2_WORDS
from ..settings import check_ranges
from ..whole_files import write_whole

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>")


@dataclass(frozen=True)
class VocabularySettings:
    """How the vocabulary is made."""

    size: int = 1200
    """Words and special tokens together; the words end earlier when there are no pairs left to join."""
    num_episodes: int = 20_000
    """Episodes of the world whose texts are counted."""

    def __post_init__(self) -> None:
        check_ranges(self, size=(300, 1_000_000), num_episodes=(1, 10_000_000))


def train_vocabulary(texts: Iterable[str], words: Sequence[str], size: int, folder: Path) -> int:
    """Write `vocab.json`, `merges.txt` and `tokenizer_config.json`; the number of all tokens.

    `words` are kept apart from their neighbours while pairs are counted. Chinese has no spaces, and without
    this a noun would vanish into tokens with its measure word.
    """
    rust = Tokenizer(models.BPE())
    rust.normalizer = normalizers.NFC()
    apart = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    steps = [pre_tokenizers.Split(Regex(QWEN2_WORDS), behavior="isolated")]
    if apart:
        steps.append(pre_tokenizers.Split(Regex(apart), behavior="isolated"))
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    rust.pre_tokenizer = pre_tokenizers.Sequence([*steps, as_bytes])  # type: ignore[list-item]
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(SPECIAL_TOKENS),
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    rust.train_from_iterator(texts, trainer)
    folder.mkdir(parents=True, exist_ok=True)
    rust.model.save(str(folder))
    first_special = rust.get_vocab_size()
    config = json.dumps(tokenizer_config(first_special), indent=1)
    write_whole(folder / "tokenizer_config.json", config)  # the last of the three: with it the vocabulary is there
    return first_special + len(SPECIAL_TOKENS)


def tokenizer_config(first_special: int) -> dict[str, Any]:
    """What `tokenizer_config.json` of a Qwen2 tokenizer says; special tokens follow the vocabulary."""
    off = {name: False for name in ("lstrip", "rstrip", "normalized", "single_word")}
    added = {str(first_special + i): {"content": name, "special": True, **off} for i, name in enumerate(SPECIAL_TOKENS)}
    return {
        "added_tokens_decoder": added,
        "additional_special_tokens": list(SPECIAL_TOKENS[1:]),
        "bos_token": None,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": None,
        "tokenizer_class": "Qwen2Tokenizer",
        "model_max_length": 4096,
        "add_prefix_space": False,
        "errors": "replace",
        "clean_up_tokenization_spaces": False,
        "split_special_tokens": False,
    }
