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
    """F1 by row, of the last layer's states, neither weighed by rarity nor rescaled; 0 where one side is empty.

    Of several true texts the one that agrees best.
    """
    library = load_library("bert_score", "bert-score")
    pairs = text_pairs(samples)
    folder = networks.text_folder()
    rows = dict.fromkeys(pairs, 0.0)
    full = {key: (ours, list(filter(str.strip, true))) for key, (ours, true) in pairs.items() if ours.strip()}
    full = {key: pair for key, pair in full.items() if pair[1]}
    if full:
        written, true = map(list, zip(*full.values(), strict=True))
        settings = {"model_type": str(folder), "num_layers": networks.num_text_layers(), "device": "cpu"}
        with contextlib.redirect_stderr(io.StringIO()):  # transformers reports on loading
            f1 = library.score(written, true, **settings)[2]
        rows |= dict(zip(full, f1.tolist(), strict=True))
    return average(rows, "a true text", f"model {networks.text_name()}")


METRIC = Metric("bertscore", "text", "greedy matching of contextual word states, F1", measure)
