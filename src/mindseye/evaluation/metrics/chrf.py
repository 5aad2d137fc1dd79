"""chrF by sacrebleu."""

from __future__ import annotations

from collections.abc import Sequence

from ..bootstrap import RESAMPLES
from ..feature_networks import Networks
from ..libraries import load_library
from ..samples import Sample
from .scores import Metric, Scores
from .words import streams, text_pairs


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """chrF of the whole corpus with sacrebleu's own bootstrap; sentence chrF by row."""
    chrf = load_library("sacrebleu").CHRF()
    pairs = text_pairs(samples)
    written, true = map(list, zip(*pairs.values(), strict=True))
    found = chrf.corpus_score(written, streams(true), n_bootstrap=RESAMPLES if len(pairs) > 1 else 1)
    rows = {key: chrf.sentence_score(ours, list(texts)).score for key, (ours, texts) in pairs.items()}
    middle, half = float(found._mean), float(found._ci)
    interval = (max(middle - half, 0.0), min(middle + half, 100.0)) if len(pairs) > 1 else None
    return Scores(found.score, len(pairs), interval, rows, "rows are sentence chrF")


METRIC = Metric("chrf", "text", "character n-grams of the true text, sacrebleu, 0 to 100", measure)
