"""Models are found in the package, in folders and on the hub, and errors say what was expected."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub import constants

from mindseye.checkpoints.locate import files_to_fetch, find_folder
from mindseye.errors import CheckpointError


def test_folders(folder: Path) -> None:
    assert find_folder(folder) == find_folder(str(folder)) == folder


def test_missing_folders(folder: Path) -> None:
    for model, said in [
        (folder.parent / "tinny", 'no folder "tinny" .did you mean "tiny"'),
        (str(folder.parent / "tinny" / "deeper"), 'did you mean "tiny"'),
        ("./nowhere", "no model at nowhere"),
        ("no such thing", "hub id"),
        (folder / "ema.safetensors", f"is a file; give its folder {folder}"),
    ]:
        with pytest.raises(CheckpointError, match=said):
            find_folder(model)


def test_pocket_is_found_or_its_absence_told() -> None:
    try:
        assert (find_folder("pocket") / "ema.safetensors").is_file()
    except CheckpointError as error:
        assert "pocket" in str(error)


def test_what_is_fetched() -> None:
    there = [
        ".gitattributes", "README.md", "ae.safetensors", "config.json", "ema.safetensors", "merges.txt",
        "model.safetensors", "model.safetensors.index.json", "assets/teaser.webp", "train/optimizer.json",
    ]  # fmt: skip
    small = ["config.json", "merges.txt", "model.safetensors.index.json"]
    assert sorted(files_to_fetch(there)) == sorted([*small, "ema.safetensors", "ae.safetensors"])
    assert "ema.safetensors" not in files_to_fetch(there, "model.safetensors")
    assert "model.safetensors" in files_to_fetch(there, "model.safetensors")
    shards = ["config.json", "a-1.safetensors", "a-2.safetensors", "a.safetensors.index.json", "ae.safetensors"]
    assert sorted(files_to_fetch(shards)) == sorted(shards)
    with pytest.raises(CheckpointError, match=r'did you mean "model.safetensors"'):
        files_to_fetch(there, "modl.safetensors")


class FakeHub:
    """Stands where huggingface_hub's functions were."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cached: Path | None, error: Exception | None) -> None:
        self.cached, self.error, self.asked = cached, error, []
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(huggingface_hub, "HfApi", lambda: SimpleNamespace(model_info=self.model_info))
        monkeypatch.setattr(huggingface_hub, "snapshot_download", self.snapshot_download)

    def model_info(self, repo_id: str, **options) -> SimpleNamespace:
        if self.error:
            raise self.error
        names = ["config.json", "ema.safetensors", "big.mp4"]
        return SimpleNamespace(siblings=[SimpleNamespace(rfilename=name) for name in names])

    def snapshot_download(self, repo_id: str, **options) -> str:
        self.asked.append((repo_id, options))
        if self.cached is None:
            raise FileNotFoundError(repo_id)
        return str(self.cached)


def test_hub_fetches_only_what_is_needed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = FakeHub(monkeypatch, folder, None)
    assert find_folder("owner/name@v1.0") == folder
    assert hub.asked == [("owner/name", {"revision": "v1.0", "allow_patterns": ["config.json", "ema.safetensors"]})]


def test_hub_out_of_reach_falls_back_to_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = FakeHub(monkeypatch, folder, ConnectionError())
    assert find_folder("owner/name") == folder
    assert hub.asked[0][1]["local_files_only"]
    FakeHub(monkeypatch, None, ConnectionError())
    with pytest.raises(CheckpointError, match=r"not in the hub's cache.*cannot be reached \(ConnectionError\)"):
        find_folder("owner/name")


def test_offline_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = FakeHub(monkeypatch, None, AssertionError("the hub was asked"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE is set"):
        find_folder("owner/name")
    assert hub.asked[0][1]["local_files_only"]


def test_names_that_no_hub_has(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeHub(monkeypatch, None, huggingface_hub.errors.HFValidationError("Cannot have --"))
    with pytest.raises(CheckpointError, match="neither a folder here nor a hub id"):
        find_folder("owner/na--me")
