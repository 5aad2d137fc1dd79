"""BERTScore by bert-score, with a model from a local folder."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

from ..feature_networks import Networks
from ..libraries import load_library
from ..samples import Sample
from .scores import Metric, Scores, average
from .words import text_pairs


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """F1 by row, of the last layer's states, neither weighed by rarity nor rescaled."""
    library = load_library("bert_score", "bert-score")
    pairs = text_pairs(samples)
    folder = networks.text_folder()
    written, true = map(list, zip(*pairs.values(), strict=True))
    with contextlib.redirect_stderr(io.StringIO()):  # it warns of every empty text
        f1 = library.score(
            written, true, model_type=str(folder), num_layers=networks.num_text_layers(), device="cpu", verbose=False
        )[2]
    return average(dict(zip(pairs, f1.tolist(), strict=True)), "a true text", f"model {networks.text_name()}")


METRIC = Metric("bertscore", "text", "greedy matching of contextual word states, F1", measure)
