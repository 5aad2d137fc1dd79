"""Wilson's and Newcombe's intervals against known values."""

import pytest

from mindseye.evaluation.shares import Share, difference


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published_by_newcombe(right, total, low, high):
    assert Share(right, total).interval == pytest.approx((low, high), abs=1e-4)


def test_wilson_at_the_ends():
    assert Share(0, 0).interval == (0.0, 1.0)
    assert Share(0, 0).value == 0.0
    assert Share(5, 5).interval[1] == 1.0


def test_difference_as_published_by_newcombe():
    apart, interval = difference(Share(56, 70), Share(48, 80))
    assert apart == pytest.approx(0.2)
    assert interval == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert difference(Share(10, 10), Share(0, 20))[1] == pytest.approx((0.6791, 1.0), abs=1e-4)


def test_sum_of_tallies():
    assert Share.sum([(1, 2), (2, 3)]) == Share(3, 5)
