"""Recall both ways, with several texts a picture; similarities without meaning give chance."""

import numpy as np
import pytest

from mindseye.errors import InputError
from mindseye.evaluation.recall import recall_both_ways


def test_on_paper():
    similarity = np.array([[0.9, 0.1, 0.5, 0.2], [0.8, 0.3, 0.4, 0.1]])
    found = recall_both_ways(similarity, [0, 0, 1, 1], ks=(1, 2, 3))
    assert found.texts == {1: 0.5, 2: 1, 3: 1}  # picture 0 has its text 0 first, picture 1 its text 2 second
    assert found.pictures == {1: 0.25, 2: 1, 3: 1}  # text 0 finds its own first, the others second


def test_what_sees_all_finds_all():
    owners = np.repeat(np.arange(30), 5)
    found = recall_both_ways((owners[None] == np.arange(30)[:, None]).astype(float), owners)
    assert set(found.texts.values()) == set(found.pictures.values()) == {1}


@pytest.mark.parametrize("kind", ["flat", "random"])
def test_what_sees_nothing_finds_chance(kind):
    owners = np.repeat(np.arange(100), 5)
    rng = np.random.default_rng(0)
    tries = [rng.normal(size=(100, 500)) if kind == "random" else np.ones((100, 500)) for _ in range(20)]
    found = [recall_both_ways(one, owners) for one in tries]
    for k in (1, 5, 10):
        assert found[0].chance_pictures[k] == pytest.approx(k / 100)
        assert found[0].chance_texts[k] == pytest.approx(1 - np.prod([(495 - n) / (500 - n) for n in range(k)]))
        assert np.mean([one.texts[k] for one in found]) == pytest.approx(found[0].chance_texts[k], abs=0.02)
        assert np.mean([one.pictures[k] for one in found]) == pytest.approx(k / 100, abs=0.02)


@pytest.mark.parametrize("owners", [[0, 0, 1], [0, 0, 0, 0], [0, 1, 2, 1]])
def test_owners_that_do_not_fit(owners):
    with pytest.raises(InputError, match="owners"):
        recall_both_ways(np.zeros((2, 4)), owners)
    with pytest.raises(InputError, match="no numbers"):
        recall_both_ways(np.full((2, 2), np.nan), [0, 1])
