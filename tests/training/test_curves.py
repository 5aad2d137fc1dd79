"""Promise: curves survive a resumed run without a line twice, and reach a file, a picture and TensorBoard."""

import builtins
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mindseye.errors import SettingsError
from mindseye.training.curves import BOARD_FOLDER, COLOURS, PICTURE_FILE, Curves, read_lines

NAMES = ["ce", "contrastive"]


def test_lines_after_the_step_of_a_resumed_run_are_cut(tmp_path: Path) -> None:
    curves = Curves(tmp_path, 0, NAMES)
    for step in (10, 20, 30):
        curves.add({"step": step, "ce": 1 / step})
    resumed = Curves(tmp_path, 20, NAMES)
    resumed.add({"step": 30, "ce": 0.5})
    assert [(line["step"], line["ce"]) for line in read_lines(tmp_path)] == [(10, 0.1), (20, 0.05), (30, 0.5)]


def test_every_loss_has_its_line_in_the_picture(tmp_path: Path) -> None:
    curves = Curves(tmp_path, 0, NAMES)
    for step in range(1, 50):
        curves.add({"step": step, "ce": 3 / step, "contrastive": 1 / step, "gradient_norm": 9.0})
    curves.draw()
    pixels = np.asarray(Image.open(tmp_path / PICTURE_FILE)).reshape(-1, 3)
    counts = [(pixels == colour).all(-1).sum() for colour in COLOURS[:3]]
    assert counts[0] > 100 and counts[1] > 100 and counts[2] == 0


def test_tensorboard_holds_the_same_numbers(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    curves = Curves(tmp_path, 0, NAMES, tensorboard=True)
    for step in (10, 20):
        curves.add({"step": step, "ce": 1 / step})
    curves.draw()
    events = accumulator.EventAccumulator(str(tmp_path / BOARD_FOLDER))
    events.Reload()
    found = [(event.step, round(event.value, 6)) for event in events.Scalars("ce")]
    assert found == [(10, 0.1), (20, 0.05)] and "step" not in events.Tags()["scalars"]


def test_without_tensorboard_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: Any = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("torch.utils.tensorboard"):
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SettingsError, match=r"mindseye\[train\]"):
        Curves(tmp_path, 0, NAMES, tensorboard=True)
