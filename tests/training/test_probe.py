"""What an image token is about follows from the patches that it is made of."""

from __future__ import annotations

import pytest
import torch

from mindseye.errors import SettingsError
from mindseye.networks.image_tokens import ImageTokens
from mindseye.training.probe import ProbeSettings, shares

NOTHING, CAT, DOG = 0, 1, 2
SCENE = torch.tensor([[CAT, CAT, NOTHING, NOTHING, CAT, CAT, NOTHING, NOTHING, *[NOTHING] * 7, DOG]])


def of(name: str) -> list[list[float]]:
    return shares(SCENE, 3, ImageTokens.called(name), NOTHING)[0].tolist()


def test_every_patch_is_about_what_stands_in_it() -> None:
    assert of("patches") == torch.eye(3)[SCENE[0]].tolist()
    assert of("patch:16") == [[0, 0, 1]]


def test_a_mean_is_about_its_things_by_their_size() -> None:
    assert of("pool") == [[0, pytest.approx(0.8), pytest.approx(0.2)]]


@pytest.mark.parametrize("name", ["grid:2", "shuffle:2"])
def test_a_field_with_nothing_in_it_is_about_nothing(name: str) -> None:
    assert of(name) == [[0, 1, 0], [1, 0, 0], [1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize("odd", [{"num_scenes": 0}, {"num_steps": 0}, {"learning_rate": -1.0}, {"weight_decay": -1.0}])
def test_settings_without_sense_are_refused(odd: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=next(iter(odd))):
        ProbeSettings(**odd)
