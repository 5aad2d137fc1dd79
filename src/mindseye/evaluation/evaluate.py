"""Measures a finished run: counts, metrics, what each row scored."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, nearest
from .feature_networks import Networks
from .libraries import MetricUnavailableError
from .metrics import METRICS, Metric, Scores
from .samples import Sample

Progress = Callable[[str], None]
DATA, STATISTICS, SCORES = "evaluation_data.json", "statistics.json", "scores.jsonl"


@dataclass(frozen=True)
class Evaluation:
    """A run's samples and what was measured; `skipped` says why a metric could not be."""

    samples: Sequence[Sample]
    scores: Mapping[str, Scores]
    skipped: Mapping[str, str]

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that were measured, in the order of the table."""
        return [metric for metric in METRICS if metric.name in self.scores]

    def row_scores(self, sample: Sample) -> dict[str, float]:
        """What one row scored, by metric."""
        return {
            metric.name: self.scores[metric.name].rows[sample.key]
            for metric in self.metrics
            if sample.key in self.scores[metric.name].rows
        }


def choose_metrics(names: Iterable[str] | None) -> list[Metric]:
    """Metrics by name or family, in the order of the table; all for None. InputError for an unknown one."""
    if names is None:
        return list(METRICS)
    wanted = list(names)
    known = {word for metric in METRICS for word in (metric.name, metric.family)}
    for name in wanted:
        if name not in known:
            raise InputError(f'unknown metric "{name}"{nearest(name, known)}; known: {", ".join(sorted(known))}')
    return [metric for metric in METRICS if metric.name in wanted or metric.family in wanted]


def evaluate(
    samples: Sequence[Sample],
    metrics: Sequence[Metric] = METRICS,
    networks: Networks | None = None,
    progress: Progress = lambda name: None,
) -> Evaluation:
    """Measure all samples; a metric that lacks something is skipped and says so, the others still run."""
    networks = networks or Networks()
    scores: dict[str, Scores] = {}
    skipped: dict[str, str] = {}
    for metric in metrics:
        progress(metric.name)
        try:
            scores[metric.name] = metric.measure(samples, networks)
        except MetricUnavailableError as error:
            skipped[metric.name] = str(error)
        except Exception as error:  # libraries raise whatever they like at models and pictures of another kind
            skipped[metric.name] = f"failed: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return Evaluation(samples, scores, skipped)


def statistics(evaluation: Evaluation) -> dict[str, Any]:
    """What statistics.json holds. Averages and distributions are those of the rows that did not fail."""
    fine = [sample for sample in evaluation.samples if not sample.error]
    steps = Counter(sample.count("num_reasoning_steps") for sample in fine)
    images = Counter(sample.count("num_generated_images") for sample in fine)
    return {
        "total_samples": len(evaluation.samples),
        "successful": len(fine),
        "failed": len(evaluation.samples) - len(fine),
        "avg_reasoning_steps": _mean(steps),
        "avg_generated_images": _mean(images),
        "reasoning_steps_distribution": {str(count): steps[count] for count in sorted(steps)},
        "image_count_distribution": {str(count): images[count] for count in sorted(images)},
        "metrics": {metric.name: _as_json(metric, evaluation.scores[metric.name]) for metric in evaluation.metrics},
        "skipped_metrics": dict(evaluation.skipped),
    }


def evaluation_data(samples: Sequence[Sample], folder: Path) -> list[dict[str, Any]]:
    """What evaluation_data.json holds; paths are relative to `folder`, where that file will lie."""
    return [
        {
            "sample_id": sample.sample_id,
            "question": sample.question,
            "ground_truth_reasoning": sample.truth.reasoning,
            "ground_truth_answer": sample.truth.answer,
            **({"ground_truth_answers": list(sample.truth.answers)} if sample.truth.others else {}),
            "ground_truth_images": [_named(sample, picture.source, folder) for picture in sample.truth.pictures],
            "output_reasoning": sample.output_text,
            "output_images": [os.path.relpath(path, folder) for path in sample.output_images],
            "num_reasoning_steps": sample.count("num_reasoning_steps"),
            "num_generated_images": sample.count("num_generated_images"),
        }
        for sample in samples
    ]


def write_evaluation(evaluation: Evaluation, data: Path) -> Path:
    """Write evaluation_data.json as `data`, statistics.json and scores.jsonl beside it; returns their folder."""
    folder = data.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(data, json.dumps(evaluation_data(evaluation.samples, folder), indent=2))
        _write(folder / STATISTICS, json.dumps(statistics(evaluation), indent=2, ensure_ascii=False))
        rows = ({"sample_id": s.sample_id, "scores": evaluation.row_scores(s)} for s in evaluation.samples)
        _write(folder / SCORES, "".join(f"{json.dumps(row)}\n" for row in rows))
    except OSError as error:
        raise InputError(f"the evaluation cannot be written into {folder}: {error.strerror or error}") from error
    return folder


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def _as_json(metric: Metric, scores: Scores) -> dict[str, Any]:
    said: dict[str, Any] = {"value": scores.value, "interval_95": scores.interval, "count": scores.count}
    said |= {"higher_is_better": metric.is_higher_better, "about": metric.about}
    return {**said, "note": scores.note} if scores.note else said


def _mean(counts: Counter[int]) -> float | None:
    return sum(value * number for value, number in counts.items()) / counts.total() if counts else None


def _named(sample: Sample, source: str | bytes, folder: Path) -> str:
    """A true picture as a path from `folder`; as the row has it where it is no file that can be found."""
    if isinstance(source, bytes) or source.startswith("data:"):
        return source if isinstance(source, str) else ""
    for place in sample.finder.folders:
        if (place / source).is_file():
            return os.path.relpath(place / source, folder)
    return source
