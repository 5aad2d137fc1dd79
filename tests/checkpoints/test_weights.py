"""Which files count as weights, and every way in which a file can be no whole safetensors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mindseye.checkpoints.headers import check_formats, read_header
from mindseye.checkpoints.weights import read_tensors, weights_file
from mindseye.errors import CheckpointError


def test_header_equals_the_library(folder: Path) -> None:
    expected = load_file(folder / "ema.safetensors")
    table = read_header(folder / "ema.safetensors")
    assert {name: tuple(t.shape) for name, t in expected.items()} == {n: i.shape for n, i in table.items()}
    assert {info.dtype for info in table.values()} == {"BF16"}


@pytest.mark.parametrize("name", ["model.safetensors", "model_bf16.safetensors", "mine.safetensors"])
def test_names_of_weights(folder: Path, name: str) -> None:
    (folder / "ema.safetensors").rename(folder / name)
    assert weights_file(folder).name == name


def test_name_given_wins(folder: Path) -> None:
    save_file(load_file(folder / "ema.safetensors"), folder / "other.safetensors")
    assert weights_file(folder).name == "ema.safetensors"
    assert weights_file(folder, "other.safetensors").name == "other.safetensors"
    with pytest.raises(CheckpointError, match=r'did you mean "other.safetensors"'):
        weights_file(folder, "othr.safetensors")
    (folder / "ema.safetensors").rename(folder / "third.safetensors")
    with pytest.raises(CheckpointError, match="several weights"):
        weights_file(folder)


def split_into_shards(folder: Path) -> None:
    tensors = load_file(folder / "ema.safetensors")
    weight_map = {name: f"model-0000{1 + i % 3}-of-00003.safetensors" for i, name in enumerate(sorted(tensors))}
    for file in set(weight_map.values()):
        save_file({n: t for n, t in tensors.items() if weight_map[n] == file}, folder / file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    (folder / "ema.safetensors").unlink()


def test_shards(folder: Path) -> None:
    whole = read_header(folder / "ema.safetensors")
    split_into_shards(folder)
    table = read_tensors(weights_file(folder))
    assert {n: i.shape for n, i in table.items()} == {n: i.shape for n, i in whole.items()}
    assert len({info.file for info in table.values()}) == 3
    (folder / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"lacks 1 of 3 shards \(model-00002.*half a download"):
        read_tensors(weights_file(folder))


def test_broken_indices(folder: Path) -> None:
    index = folder / "model.safetensors.index.json"
    for text, said in [
        ("{", "no index"),
        ('{"weight_map": 3}', "no index"),
        ('{"weight_map": {"a": "../elsewhere.safetensors"}}', "out of its folder"),
        ('{"weight_map": {"llm2vae.bia": "ema.safetensors"}}', 'did you mean "llm2vae.bias"'),
    ]:
        index.write_text(text)
        with pytest.raises(CheckpointError, match=said):
            read_tensors(index)


def test_half_a_download(folder: Path) -> None:
    path = folder / "ema.safetensors"
    whole = path.read_bytes()
    for size in (0, 5, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match="half a download"):
            read_header(path)


def test_what_is_no_safetensors(folder: Path) -> None:
    path = folder / "ema.safetensors"
    whole = path.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 29\n"
    for data, said in [
        (pointer, "git-lfs pointer"),
        (whole + b"x", "1 more than its header says"),
        (whole[:8] + b"x" * length + whole[8 + length :], "damaged one"),
        (whole.replace(b'"BF16"', b'"F8_E"', 1), "quantized already"),
        (whole.replace(b"[477,64]", b"[478,64]", 1), "does not fill"),
        (b"PK\x03\x04" + b"\0" * 4 + b"{}", "damaged one|before its header"),
    ]:
        path.write_bytes(data)
        with pytest.raises(CheckpointError, match=said):
            check_formats(read_header(path))


def test_overlapping_tensors(tmp_path: Path) -> None:
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    header = json.dumps({"a": entry, "b": entry}).encode()
    (tmp_path / "x.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4)
    with pytest.raises(CheckpointError, match="does not begin where"):
        read_header(tmp_path / "x.safetensors")


def test_folders_without_weights(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"subfolder tiny has: give .*tiny"):
        weights_file(tmp_path)
    (folder / "ema.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"only the autoencoder.*half a download"):
        weights_file(folder)
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"pytorch_model.bin is not read.*save_file"):
        weights_file(folder)
    with pytest.raises(CheckpointError, match="can run code"):
        weights_file(folder, "pytorch_model.bin")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CheckpointError, match="it holds: nothing"):
        weights_file(empty)
    (empty / "model_index.json").write_text("{}")
    with pytest.raises(CheckpointError, match="diffusers pipeline"):
        weights_file(empty)
