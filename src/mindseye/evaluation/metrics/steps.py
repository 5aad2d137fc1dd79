"""Steps and pictures against the truth: how many, and how far a trace follows the true one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..feature_networks import Networks
from ..samples import Sample
from ..traces import first_departure, steps_of
from .picture_pairs import open_pair, picture_pairs
from .psnr import psnr
from .scores import Metric, Scores, average

AGREES_DB = 20.0  # PSNR from which on a drawn picture counts as the true one


def _with_trace(samples: Sequence[Sample]) -> list[tuple[Sample, list[str], list[str]]]:
    traced = [sample for sample in samples if sample.truth.reasoning]
    return [(sample, steps_of(sample.output_text), steps_of(sample.truth.reasoning)) for sample in traced]


def _step_difference(samples: Sequence[Sample]) -> Mapping[str, float]:
    return {sample.key: float(abs(len(ours) - len(true))) for sample, ours, true in _with_trace(samples)}


def _image_difference(samples: Sequence[Sample]) -> Mapping[str, float]:
    pictured = [sample for sample in samples if sample.truth.pictures]
    return {s.key: float(abs(len(s.output_images) - len(s.truth.pictures))) for s in pictured}


def _followed(samples: Sequence[Sample]) -> Mapping[str, float]:
    rows = {}
    for sample, ours, true in _with_trace(samples):
        left = first_departure(ours, true)
        rows[sample.key] = 1.0 if left is None else min((left - 1) / max(len(true), 1), 1.0)
    return rows


def _departure(samples: Sequence[Sample]) -> Mapping[str, float]:
    left = {sample.key: first_departure(ours, true) for sample, ours, true in _with_trace(samples)}
    return {key: float(number) for key, number in left.items() if number is not None}


def _picture_departure(samples: Sequence[Sample]) -> Mapping[str, float]:
    rows = {}
    for key, pairs in picture_pairs(samples).items():
        for number, pair in enumerate(pairs, start=1):
            if psnr(*open_pair(*pair)) < AGREES_DB:
                rows[key] = float(number)
                break
    return rows


def _measure(
    rows_of: Callable[[Sequence[Sample]], Mapping[str, float]], what: str
) -> Callable[[Sequence[Sample], Networks], Scores]:
    def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
        return average(rows_of(samples), what)

    return measure


METRICS = (
    Metric(
        "step_difference",
        "steps",
        "steps too many or too few",
        _measure(_step_difference, "a true trace"),
        is_higher_better=False,
    ),
    Metric(
        "image_difference",
        "steps",
        "pictures too many or too few",
        _measure(_image_difference, "true pictures"),
        is_higher_better=False,
    ),
    Metric(
        "followed",
        "steps",
        "share of the true steps before the trace leaves them (F1 of words below 0.6)",
        _measure(_followed, "a true trace"),
        unit="%",
    ),
    Metric(
        "first_departure",
        "steps",
        "number of the first step that leaves the true trace, of traces that do",
        _measure(_departure, "a trace that leaves the true one"),
    ),
    Metric(
        "first_picture_departure",
        "steps",
        "number of the first picture below 20 dB of the true one, of rows that have one",
        _measure(_picture_departure, "a picture that leaves the true one"),
    ),
)
