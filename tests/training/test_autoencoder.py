"""Promise: an autoencoder whose training was interrupted is the one whose was not."""

from pathlib import Path

import pytest
import torch

from mindseye.errors import CancelledError, SettingsError
from mindseye.training import autoencoder as training
from mindseye.training import stopping
from mindseye.training.autoencoder import AutoencoderSettings, Subject, train_autoencoder
from mindseye.training.stopping import HalfWay, Stop
from mindseye.worlds.world import world_called

SETTINGS = AutoencoderSettings(ch=32, norm_num_groups=8, num_steps=6, num_crop_steps=4, batch_size=2, pool_size=8)
SUBJECT = Subject(world_called("corners"), 64)


class KilledError(Exception):
    pass


def quiet(numbers: dict[str, float]) -> None:
    pass


def test_resumed_is_uninterrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "SAVE_EVERY", 0.0)
    file, draw_batch = tmp_path / "half-way.pt", training.draw_batch
    count = 0

    def draw_and_die(*args: object, **options: object) -> torch.Tensor:
        nonlocal count
        count += 1
        if count == 4:
            raise KilledError
        return draw_batch(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "draw_batch", draw_and_die)
    with pytest.raises(KilledError):
        train_autoencoder(SETTINGS, SUBJECT, quiet, HalfWay(file))
    assert torch.load(file)["step"] == 3
    monkeypatch.setattr(training, "draw_batch", draw_batch)
    resumed = train_autoencoder(SETTINGS, SUBJECT, quiet, HalfWay(file))
    assert torch.load(file)["step"] == 6
    whole = train_autoencoder(SETTINGS, SUBJECT, quiet)
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, resumed.state_dict()[name]), name


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "half-way.pt"
    file.write_bytes(b"half")
    with pytest.raises(SettingsError, match=r"half-way\.pt"):
        train_autoencoder(SETTINGS, SUBJECT, quiet, HalfWay(file))


@pytest.mark.parametrize("asked_at", [0, 2, 5])
def test_stopped_is_saved(tmp_path: Path, asked_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "REPORT_EVERY", 1)
    half_way = HalfWay(tmp_path / "half-way.pt", Stop())
    reported: list[float] = []

    def ask(numbers: dict[str, float]) -> None:
        reported.append(numbers["step"])
        half_way.stop.asked = numbers["step"] == asked_at

    with pytest.raises(CancelledError):
        train_autoencoder(SETTINGS, SUBJECT, ask, half_way)
    assert torch.load(half_way.file)["step"] == asked_at + 1
    half_way.stop.asked, asked_at = False, -1
    train_autoencoder(SETTINGS, SUBJECT, ask, half_way)
    assert reported == [0, 1, 2, 3, 4, 5]
