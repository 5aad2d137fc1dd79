"""What a metric is and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..bootstrap import Interval, mean_interval
from ..libraries import MetricUnavailableError
from ..samples import Sample

if TYPE_CHECKING:
    from ..feature_networks import Networks


@dataclass(frozen=True)
class Scores:
    """One metric over a run. rows: value by sample key, where rows have one of their own. count: rows measured."""

    value: float
    count: int
    interval: Interval | None = None
    rows: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Metric:
    """A way to measure a run: `measure` returns Scores or raises MetricUnavailableError.

    unit: "" for a number, "%" for a share of 0 to 1 that is told in per cent, else what stands behind the number.
    """

    name: str
    family: str
    about: str
    measure: Callable[[Sequence[Sample], Networks], Scores]
    is_higher_better: bool = True
    unit: str = ""


def average(rows: Mapping[str, float], what_is_missing: str, note: str = "") -> Scores:
    """The mean over rows with its bootstrap interval; MetricUnavailableError where there are none."""
    if not rows:
        raise MetricUnavailableError(f"no row has {what_is_missing}")
    values = list(rows.values())
    return Scores(sum(values) / len(values), len(values), mean_interval(values), rows, note)
