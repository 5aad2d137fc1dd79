"""Which pictures are compared: the first drawn with the first true one, and so on, as far as both go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import PIL.Image

from ...inputs.images import open_image
from ..samples import Sample
from .scores import Scores, average

Picture = Path | bytes
MISSING = "both a drawn and a true picture"


def picture_pairs(samples: Sequence[Sample]) -> dict[str, list[tuple[Path, Picture]]]:
    """(drawn, true) by sample key, in order; rows without a pair are left out."""
    pairs = {sample.key: list(zip(sample.output_images, sample.true_images, strict=False)) for sample in samples}
    return {key: found for key, found in pairs.items() if found}


def open_pair(drawn: Picture, true: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Both as (H, W, 3) uint8 at the size of the true one, bicubic."""
    ours, theirs = open_image(drawn), open_image(true)
    if ours.size != theirs.size:
        ours = ours.resize(theirs.size, PIL.Image.Resampling.BICUBIC)
    return np.asarray(ours), np.asarray(theirs)


def average_over_pairs(samples: Sequence[Sample], score: Callable[[np.ndarray, np.ndarray], float]) -> Scores:
    """A score by row: the mean over its pairs."""
    rows = {
        key: float(np.mean([score(*open_pair(*pair)) for pair in pairs]))
        for key, pairs in picture_pairs(samples).items()
    }
    return average(rows, MISSING)
