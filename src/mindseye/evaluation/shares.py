"""Shares with their counts, and how sure one can be of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Z = 1.959964  # standard deviations of a two-sided 95 % interval
Interval = tuple[float, float]


@dataclass(frozen=True)
class Share:
    """So many right out of so many."""

    right: int
    total: int

    @property
    def value(self) -> float:
        """0 to 1; 0 of 0 is 0, so ask `is_measured` first."""
        return self.right / self.total if self.total else 0.0

    @property
    def is_measured(self) -> bool:
        """Whether anything was asked at all."""
        return self.total > 0

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval, 0 to 1; it treats every trial as independent."""
        if not self.total:
            return 0.0, 1.0
        n, p = self.total, self.value
        centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
        low = 0.0 if self.right == 0 else max(0.0, centre - half)
        return low, 1.0 if self.right == n else min(1.0, centre + half)

    @staticmethod
    def sum(tallies: Iterable[tuple[int, int]]) -> Share:
        """Many tallies (right, total) as one share."""
        pairs = list(tallies)
        return Share(sum(right for right, _ in pairs), sum(total for _, total in pairs))


def difference(first: Share, second: Share) -> tuple[float, Interval]:
    """`first` minus `second` (-1 to 1) with Newcombe's 95 % interval, made of both Wilson intervals."""
    apart = first.value - second.value
    (low, high), (other_low, other_high) = first.interval, second.interval
    down = math.hypot(first.value - low, other_high - second.value)
    up = math.hypot(high - first.value, second.value - other_low)
    return apart, (max(-1.0, apart - down), min(1.0, apart + up))
