"""Promise: the vocabulary is a Qwen2 tokenizer that gives back every text and knows the world's nouns."""

from pathlib import Path

import numpy as np
import pytest

from mindseye.inputs.tokenizer import Tokenizer
from mindseye.training.stages import words_apart
from mindseye.training.vocabulary import train_vocabulary
from mindseye.worlds.nouns import NOUNS
from mindseye.worlds.world import sample_sentences, world_called

WORLD = world_called("corners")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    folder: Path = tmp_path_factory.mktemp("vocabulary")
    texts = sample_sentences(WORLD, np.random.default_rng(0), 5000)
    assert train_vocabulary(texts, words_apart(WORLD), 1280, folder) <= 1280
    return Tokenizer.from_folder(folder)


@pytest.mark.parametrize("text", ["a red apple", "一只大熊猫在左上", "héllo <|im_end|> 𝄞\n\n  x", ""])
def test_round_trip(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_nouns_are_single_tokens(tokenizer: Tokenizer) -> None:
    for noun in NOUNS.values():
        assert len(tokenizer.encode(noun.zh)) == 1, noun.zh
        if " " not in noun.name:
            assert len(tokenizer.encode(" " + noun.name)) == 1, noun.name


def test_special_tokens_come_last(tokenizer: Tokenizer) -> None:
    special = tokenizer.special_ids
    assert sorted(special.values()) == list(range(tokenizer.largest_id - 4, tokenizer.largest_id + 1))
