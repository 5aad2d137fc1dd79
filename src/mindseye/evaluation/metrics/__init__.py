"""The metrics of a run, a file a metric and a line in this table."""

from __future__ import annotations

from ..libraries import MetricUnavailableError
from . import (
    answers,
    bertscore,
    bleu,
    chrf,
    cider,
    clip_score,
    lpips,
    picture_sets,
    picture_similarity,
    psnr,
    retrieval,
    rouge,
    ssim,
    steps,
    text_similarity,
)
from .scores import Metric, Scores

METRICS: tuple[Metric, ...] = (
    *answers.METRICS,
    *bleu.METRICS,
    chrf.METRIC,
    *rouge.METRICS,
    cider.METRIC,
    bertscore.METRIC,
    text_similarity.METRIC,
    psnr.METRIC,
    ssim.METRIC,
    lpips.METRIC,
    picture_similarity.METRIC,
    *clip_score.METRICS,
    *picture_sets.METRICS,
    *steps.METRICS,
    *retrieval.METRICS,
)

__all__ = ["METRICS", "Metric", "MetricUnavailableError", "Scores"]
