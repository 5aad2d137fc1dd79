"""Promise: a stream over a data set shows every sample once a round, in an order that follows from the seed."""

from collections import Counter

import pytest

from mindseye.errors import SettingsError
from mindseye.training.streams.samples import ShuffledSamples


def stream(batch_size: int, seed: int = 0, size: int = 10) -> ShuffledSamples:
    return ShuffledSamples([f"sample {i}" for i in range(size)], batch_size, list, seed)


def test_every_sample_once_a_round() -> None:
    shown = [sample for number in range(10) for sample in stream(3)[number]]  # three rounds
    assert len(shown) == 30
    for first in (0, 10, 20):
        assert set(Counter(shown[first : first + 10]).values()) == {1}
    assert shown[:10] != shown[10:20]


def test_a_batch_follows_from_seed_and_number() -> None:
    one, two = stream(4), stream(4)
    assert two[7] == one[7]  # whoever begins there
    assert stream(4, seed=1)[7] != one[7]


def test_two_halves_are_the_whole() -> None:
    whole, half = stream(6), stream(3)
    for number in range(8):
        assert half[2 * number] + half[2 * number + 1] == whole[number]


def test_errors() -> None:
    with pytest.raises(SettingsError, match="no samples"):
        stream(3, size=0)
    with pytest.raises(SettingsError, match="batch_size is 0"):
        stream(0)
