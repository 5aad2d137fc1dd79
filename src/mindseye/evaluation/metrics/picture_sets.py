"""Distances between the set of drawn pictures and that of true ones, under the name of the features they use."""
# N drawn pictures, M true ones, D numbers of a feature

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..feature_networks import Encoder, Networks
from ..libraries import MetricUnavailableError
from ..samples import Sample
from .picture_pairs import MISSING, picture_pairs
from .scores import Metric, Scores

FEWEST = 2


def frechet_distance(ours: np.ndarray, true: np.ndarray) -> float:
    """Between the Gaussians of two sets of features (N, D) and (M, D); Heusel et al., 2017.

    The trace of the root of the product of both covariances is the sum of the singular values of A B^T, with A and B
    the centred features over the root of one less than their number: no root of a D x D matrix is needed.
    """
    a, b = (x.astype(np.float64) - x.mean(0, dtype=np.float64) for x in (ours, true))
    a, b = a / np.sqrt(len(a) - 1), b / np.sqrt(len(b) - 1)
    small = a @ b.T if len(a) * len(b) <= a.shape[1] ** 2 else _root(a) @ _root(b).T
    between = float(np.linalg.svd(small, compute_uv=False).sum())
    apart = float(np.sum((ours.mean(0, dtype=np.float64) - true.mean(0, dtype=np.float64)) ** 2))
    return max(0.0, apart + float((a**2).sum() + (b**2).sum()) - 2 * between)


def kernel_distance(ours: np.ndarray, true: np.ndarray) -> float:
    """The unbiased squared MMD with the kernel (x y / D + 1)^3; Binkowski et al., 2018. It may be below zero."""

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x.astype(np.float64) @ y.astype(np.float64).T / x.shape[1] + 1) ** 3

    def within(x: np.ndarray) -> float:
        similar = kernel(x, x)
        return float((similar.sum() - np.trace(similar)) / (len(x) * (len(x) - 1)))

    return within(ours) + within(true) - 2 * float(kernel(ours, true).mean())


def _root(a: np.ndarray) -> np.ndarray:
    """(D, D) with the same product with itself as (N, D)."""
    return np.asarray(np.linalg.qr(a, mode="r"))


def _measure(
    encoder_of: Callable[[Networks], Encoder], distance: Callable[[np.ndarray, np.ndarray], float]
) -> Callable[[Sequence[Sample], Networks], Scores]:
    def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
        pairs = [pair for found in picture_pairs(samples).values() for pair in found]
        if len(pairs) < FEWEST:
            raise MetricUnavailableError(f"{len(pairs)} rows have {MISSING}; a distance of sets needs {FEWEST} or more")
        encoder = encoder_of(networks)
        ours, true = (encoder.embed(pictures) for pictures in zip(*pairs, strict=True))
        width = ours.shape[1]
        note = f"features {encoder.name}"
        if len(pairs) < width:
            note += f"; {len(pairs)} pictures are fewer than {width} numbers a feature: compare equal counts only"
        return Scores(distance(ours, true), len(pairs), note=note)

    return measure


METRICS = tuple(
    Metric(name, "pictures", about, _measure(encoder_of, distance), is_higher_better=False)
    for name, about, encoder_of, distance in (
        ("fid", "Frechet distance of Inception features", Networks.inception_pictures, frechet_distance),
        ("kid", "kernel distance of Inception features", Networks.inception_pictures, kernel_distance),
        (
            "frechet_efficientnet_lite0",
            "Frechet distance of EfficientNet-Lite0 features; no FID",
            Networks.lite0_pictures,
            frechet_distance,
        ),
        (
            "kernel_efficientnet_lite0",
            "kernel distance of EfficientNet-Lite0 features; no KID",
            Networks.lite0_pictures,
            kernel_distance,
        ),
    )
)
