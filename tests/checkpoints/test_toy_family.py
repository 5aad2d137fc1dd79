"""The page docs/how-to-add.md promises that a family is one file of under 60 lines and one line in a table."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
import toy_family
from PIL import Image
from safetensors.torch import save_file

import mindseye
from mindseye.checkpoints import families

WORDS = torch.randn(512, 24, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def toy_folder(golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(families, "FAMILIES", [toy_family.Toy(), *families.FAMILIES])
    save_file({"words.weight": WORDS}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "toy", "vocab_size": 512, "hidden_size": 24}))
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(golden / "checkpoint" / name, tmp_path)
    return tmp_path


def expected_words(ids: list[int], count: int) -> list[int]:
    """The same network in three lines, without caches."""
    ids = list(ids)
    for _ in range(count):
        x = WORDS[ids]
        seen = torch.softmax(x[-1] @ x.T / 24**0.5, -1) @ x
        ids.append(int(((x[-1] + seen) @ WORDS.T).argmax()))
    return ids[-count:]


def test_a_toy_family_answers_through_the_whole_house(toy_folder: Path) -> None:
    model = mindseye.load(str(toy_folder), dtype="float32")
    questions = ["a red ball", "to be or not to be"]
    replies = model.run([model.request("ask", [said], max_tokens=5) for said in questions])
    tokenizer, form = model.loaded.tokenizer, model.loaded.prompt_format
    for said, reply in zip(questions, replies, strict=True):
        ids = [*tokenizer.encode(said), *form.opening]
        assert reply.text == tokenizer.decode(expected_words(ids, 5), skip_special=False)
    with pytest.raises(mindseye.MindseyeError, match="has no eyes"):
        model.ask(Image.new("RGB", (8, 8)), "What is this?")


def test_the_toy_family_is_a_page() -> None:
    assert len(Path(toy_family.__file__).read_text().splitlines()) < 60
