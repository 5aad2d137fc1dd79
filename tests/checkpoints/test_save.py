"""What is saved is loaded again, and a save that fails leaves nothing behind."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mindseye.checkpoints import save as module
from mindseye.checkpoints.load import LoadedModel, load
from mindseye.checkpoints.save import save
from mindseye.errors import CheckpointError
from mindseye.inputs.images import ImageLimits, ImageTransforms

TRANSFORMS = ImageTransforms(ImageLimits(128, 48, 16), ImageLimits(112, 56, 14))


def save_again(model: LoadedModel, target: Path, dtype: torch.dtype = torch.float32) -> None:
    assert model.vae is not None
    states = (model.network.state_dict(), model.vae.state_dict())
    save(target, *states, model.config, model.folder, TRANSFORMS, dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_round_trip(folder: Path, tmp_path: Path, dtype: torch.dtype) -> None:
    (folder / "mindseye.json").write_text("{}")
    model = load(folder)
    save_again(model, tmp_path / "new" / "copy", dtype)
    again = load(tmp_path / "new" / "copy")
    assert again.config == model.config and again.image_processor.transforms == TRANSFORMS and again.notes == ()
    assert again.tokenizer.special == model.tokenizer.special
    assert (again.folder / "mindseye.json").is_file()
    for name, tensor in again.network.state_dict().items():
        assert torch.equal(tensor, model.network.state_dict()[name]), name  # was bfloat16 from the start
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["copy"]


def test_tied_head_is_stored_once(folder: Path, tmp_path: Path) -> None:
    model = load(folder)
    model.network.language_model.lm_head.weight = model.network.language_model.model.embed_tokens.weight
    save_again(model, tmp_path / "tied")
    state = load(tmp_path / "tied").network.state_dict()
    head, table = state["language_model.lm_head.weight"], state["language_model.model.embed_tokens.weight"]
    assert head.data_ptr() == table.data_ptr()


def test_existing_folder_keeps_other_files(folder: Path, tmp_path: Path) -> None:
    model = load(folder)
    target = tmp_path / "run"
    target.mkdir()
    (target / "log.txt").write_text("mine")
    save_again(model, target)
    save_again(replace(model, config=replace(model.config, timestep_shift=3.0)), target)
    assert load(target).config.timestep_shift == 3.0 and (target / "log.txt").read_text() == "mine"


def test_failure_leaves_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(folder)

    def full_disk(*arguments) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(module, "save_file", full_disk)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(OSError, match="no space"):
        save_again(model, tmp_path / "new")
    assert sorted(os.listdir(tmp_path)) == before


def test_without_tokenizer(folder: Path, tmp_path: Path) -> None:
    model = replace(load(folder), folder=tmp_path)
    with pytest.raises(CheckpointError, match="no tokenizer"):
        save_again(model, tmp_path / "new")
