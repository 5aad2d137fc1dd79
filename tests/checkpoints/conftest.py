"""A copy of the tiny recorded checkpoint that a test may damage."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from torch import Tensor

TINY = Path(__file__).parents[1] / "golden" / "tiny" / "checkpoint"
Change = Callable[[dict[str, Tensor]], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


@pytest.fixture
def change_weights(folder: Path) -> Callable[[Change], None]:
    """Rewrite the folder's weights after a function has changed the dict of tensors."""

    def rewrite(change: Change, name: str = "ema.safetensors") -> None:
        tensors = load_file(folder / name)
        change(tensors)
        save_file(tensors, folder / name)

    return rewrite


@pytest.fixture
def change_json(folder: Path) -> Callable[..., None]:
    """Set keys of one of the folder's JSON files; None removes a key."""

    def rewrite(name: str, **values: object) -> None:
        said = json.loads((folder / name).read_text())
        said.update(values)
        said = {key: value for key, value in said.items() if value is not None}
        (folder / name).write_text(json.dumps(said))

    return rewrite
