"""Text <-> ids equals the recorded reference, and typed text never becomes a mark."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from mindseye.errors import CheckpointError
from mindseye.inputs.tokenizer import SpecialTokens, TextStream, Tokenizer

TINY = Path(__file__).parents[1] / "golden" / "tiny"
CASES = json.loads((TINY / "cases.json").read_text(encoding="utf-8"))["cases"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_folder(TINY / "checkpoint")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(TINY / "checkpoint" / name, tmp_path)
    return tmp_path


@pytest.mark.golden
@pytest.mark.parametrize("row", CASES["tokenizer"], ids=lambda row: row["text"][:20])
def test_recorded_ids(tokenizer: Tokenizer, row: dict) -> None:
    assert tokenizer.encode(row["text"], allow_special=True) == row["ids"]
    assert tokenizer.decode(row["ids"], skip_special=False) == row["text"]


@pytest.mark.golden
def test_recorded_answers_decode(tokenizer: Tokenizer) -> None:
    for name, case in CASES.items():
        if isinstance(case, dict) and case.get("text_token_ids") and case.get("text"):
            # The reference's text leaves out the newest token.
            assert tokenizer.decode(case["text_token_ids"][:-1]) == case["text"][0], name


def test_marks(tokenizer: Tokenizer) -> None:
    assert tokenizer.special == SpecialTokens(473, 474, 475, 476)
    assert tokenizer.largest_id == 476
    assert tokenizer.special_ids["<|endoftext|>"] == 472


def test_typed_marks_stay_text(tokenizer: Tokenizer) -> None:
    for text in ("<|im_end|>", "a<|vision_start|>b <|im_start|>", "<|endoftext|>"):
        ids = tokenizer.encode(text)
        assert not set(ids) & set(tokenizer.special_ids.values())
        assert tokenizer.decode(ids) == text
    assert tokenizer.decode(tokenizer.encode("a<|im_end|>b", allow_special=True)) == "ab"


def test_ordinary_added_token_that_looks_like_a_mark_is_one(folder: Path) -> None:
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["added_tokens_decoder"]["475"] = {"content": "<|fim_prefix|>", "special": False}
    config["added_tokens_decoder"]["476"] = {"content": "<tool>", "special": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    ours = Tokenizer.from_folder(folder)
    assert 475 not in ours.encode("<|fim_prefix|>") and ours.encode("<tool>") == [476]
    assert ours.encode("<|fim_prefix|>", allow_special=True) == [475]
    assert (ours.special.image_start, ours.special.image_end) == (477, 478)


def test_gaps_between_ids_are_kept(folder: Path) -> None:
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["added_tokens_decoder"]["500"] = {"content": "<|vision_start|>", "special": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    ours = Tokenizer.from_folder(folder)
    assert (ours.special.image_start, ours.special.image_end) == (500, 501)
    assert ours.decode([490]) == ""


def test_tokenizer_json_gives_the_same_ids(folder: Path, tokenizer: Tokenizer) -> None:
    tokenizer._rust.save(str(folder / "tokenizer.json"))
    (folder / "vocab.json").unlink()
    twin = Tokenizer.from_folder(folder)
    assert twin.special == tokenizer.special
    for row in CASES["tokenizer"]:
        assert twin.encode(row["text"], allow_special=True) == row["ids"]
    assert not twin.is_special(twin.encode("<|im_end|>")[0])


def test_stream_emits_whole_characters_and_equals_decode(tokenizer: Tokenizer) -> None:
    text = "emoji 🐼 mixed 文本, é and e\u0301"
    stream, pieces = TextStream(tokenizer), []
    for i in tokenizer.encode(text):
        pieces.append(stream.push(i))
        assert "\ufffd" not in pieces[-1]
    assert "".join(pieces) + stream.finish() == tokenizer.decode(tokenizer.encode(text))
    draw = random.Random(0)
    for _ in range(50):
        ids = [draw.randrange(480) for _ in range(30)]
        stream = TextStream(tokenizer)
        assert "".join(map(stream.push, ids)) + stream.finish() == tokenizer.decode(ids, skip_special=False)


def test_lone_surrogate_does_not_raise(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("a\ud83d b")) == "a? b"


def test_composed_characters(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("e\u0301") == tokenizer.encode("é")


def test_faulty_folders(folder: Path) -> None:
    (folder / "merges.txt").write_text("#version: 0.2\nfoo bar\n")
    with pytest.raises(CheckpointError, match="cannot be read"):
        Tokenizer.from_folder(folder)
    (folder / "merges.txt").unlink()
    with pytest.raises(CheckpointError, match="no tokenizer"):
        Tokenizer.from_folder(folder)
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read"):
        Tokenizer.from_folder(folder)


def test_marks_must_have_rows(tokenizer: Tokenizer) -> None:
    tokenizer.check_fits(477)
    with pytest.raises(CheckpointError, match=r"vision_end.*476.*another model"):
        tokenizer.check_fits(476)


@pytest.mark.parametrize("text", [None, "{}", '{"added_tokens_decoder": {}}'])
def test_tokens_that_are_nowhere_are_named(folder: Path, text: str | None) -> None:
    (folder / "tokenizer_config.json").unlink()
    if text is not None:
        (folder / "tokenizer_config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"nothing of the special tokens <\|endoftext\|>, <\|im_start\|>"):
        Tokenizer.from_folder(folder)


def test_one_token_that_is_nowhere_is_named(folder: Path) -> None:
    config = json.loads((folder / "tokenizer_config.json").read_text())
    del config["added_tokens_decoder"]["472"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"special tokens <\|endoftext\|>, so their ids"):
        Tokenizer.from_folder(folder)


def test_files_of_the_wrong_kind(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text('{"a":' * 100_000)
    with pytest.raises(CheckpointError, match="nested too deep"):
        Tokenizer.from_folder(folder)
    with (folder / "tokenizer_config.json").open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(CheckpointError, match="1,000 MB"):
        Tokenizer.from_folder(folder)
