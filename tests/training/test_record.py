"""Promise: of a run a small file remains that tells its steps, its hours, its curves and what came before them."""

import json
from pathlib import Path

import pytest

from mindseye.errors import SettingsError
from mindseye.training.curves import Curves
from mindseye.training.record import LOG_FILE, MOST_POINTS, log, write_record


def test_a_long_run_becomes_a_small_file(tmp_path: Path) -> None:
    for line in ["training the autoencoder", *(f"autoencoder step {50 * i} psnr {i}" for i in range(21))]:
        log(tmp_path, line)
    for line in ["the autoencoder gives back unseen scenes at 30.23 dB", "step 20 ce 1", "exported to x"]:
        log(tmp_path, line)
    curves = Curves(tmp_path, 0, ["ce"])
    for i in range(1, 5 * MOST_POINTS + 3):
        curves.add({"step": 20 * i, "ce": 1.0 + i % 2, "seconds": 36.0, "core_seconds": 18.0})
    write_record(tmp_path, tmp_path / "record.json")
    said = json.loads((tmp_path / "record.json").read_text())
    count = 5 * MOST_POINTS + 2
    assert said["steps"] == 20 * count and said["hours"] == {"seconds": count / 100, "core_seconds": count / 200}
    assert said["columns"] == ["step", "ce", "seconds", "core_seconds"]
    assert 0.8 * MOST_POINTS < len(said["points"]) <= MOST_POINTS
    assert said["points"][0] == [120, 1.5, 216, 108] and said["points"][-1][0] == 20 * count
    told = [line.split(" ", 2)[2] for line in said["log"]]
    assert told == [
        "training the autoencoder",
        "autoencoder step 0 psnr 0",
        "autoencoder step 500 psnr 10",
        "autoencoder step 1000 psnr 20",
        "the autoencoder gives back unseen scenes at 30.23 dB",
        "exported to x",
    ]


def test_a_run_without_curves_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOG_FILE).write_text("")
    with pytest.raises(SettingsError, match="no curves yet"):
        write_record(tmp_path, tmp_path / "record.json")
