"""Two runs over the same rows: paired differences with intervals, and the rows where they differ most."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..inputs.jsonl import parse_object, read_lines
from .bootstrap import Interval, mean_interval
from .evaluate import SCORES
from .metrics import METRICS, Metric

RowScores = Mapping[str, Mapping[str, float]]  # sample key -> metric -> value


@dataclass(frozen=True)
class Difference:
    """A metric on the rows that both runs have: means, the mean of B minus A, its 95 % bootstrap interval."""

    metric: Metric
    first: float
    second: float
    interval: Interval | None
    rows: Mapping[str, float]

    @property
    def value(self) -> float:
        """Mean of B minus A."""
        return self.second - self.first

    @property
    def verdict(self) -> str:
        """ "better" or "worse" where the interval leaves out zero, "same" where no row differs, else "unsure"."""
        if not any(self.rows.values()):
            return "same"
        if not self.interval or self.interval[0] <= 0 <= self.interval[1]:
            return "unsure"
        return "better" if (self.value > 0) == self.metric.is_higher_better else "worse"

    def most_different(self, count: int) -> list[tuple[str, float]]:
        """The rows where the runs differ most, with B minus A."""
        apart = sorted(self.rows.items(), key=lambda row: -abs(row[1]))
        return [(key, value) for key, value in apart[:count] if value]


@dataclass(frozen=True)
class Comparison:
    """All metrics; how many rows both runs have, and how many only one of them."""

    differences: Sequence[Difference]
    num_shared: int
    num_only_first: int
    num_only_second: int


def compare(first: RowScores, second: RowScores) -> Comparison:
    """Compare two runs by row; InputError when they share none."""
    shared = [key for key in first if key in second]
    if not shared:
        raise InputError("the two runs have no sample_id in common; compare runs over the same rows")
    differences = []
    for metric in METRICS:
        name = metric.name
        pairs = {k: (first[k][name], second[k][name]) for k in shared if name in first[k] and name in second[k]}
        if pairs:
            apart = {key: b - a for key, (a, b) in pairs.items()}
            a, b = (sum(values) / len(pairs) for values in zip(*pairs.values(), strict=True))
            differences.append(Difference(metric, a, b, mean_interval(list(apart.values())), apart))
    return Comparison(differences, len(shared), len(first) - len(shared), len(second) - len(shared))


def read_scores(folder: Path) -> dict[str, dict[str, float]] | None:
    """The scores that `evaluate` left in a run's folder; None where there are none, or older than the results."""
    path, results = folder / SCORES, folder / "results.jsonl"
    if not path.is_file() or (results.is_file() and path.stat().st_mtime < results.stat().st_mtime):
        return None
    return {str(row["sample_id"]): row["scores"] for row in map(parse_object, read_lines(path))}


def as_json(comparison: Comparison, count: int) -> str:
    """The comparison for programs, with the `count` rows that differ most by each metric."""
    return json.dumps(
        {
            "rows": comparison.num_shared,
            "only_in_a": comparison.num_only_first,
            "only_in_b": comparison.num_only_second,
            "metrics": {
                d.metric.name: {
                    "a": d.first,
                    "b": d.second,
                    "difference": d.value,
                    "interval_95": d.interval,
                    "count": len(d.rows),
                    "verdict": d.verdict,
                    "most_different": d.most_different(count),
                }
                for d in comparison.differences
            },
        },
        indent=2,
    )
