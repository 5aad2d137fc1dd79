"""BLEU by sacrebleu."""

from __future__ import annotations

from collections.abc import Sequence

from ..bootstrap import RESAMPLES
from ..feature_networks import Networks
from ..libraries import load_library
from ..samples import Sample
from .scores import Metric, Scores
from .words import has_cjk, text_pairs


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """BLEU of the whole corpus with sacrebleu's own bootstrap; sentence BLEU by row."""
    sacrebleu = load_library("sacrebleu")
    pairs = text_pairs(samples)
    written, true = map(list, zip(*pairs.values(), strict=True))
    tokenizer = "zh" if has_cjk(true) else "13a"
    corpus = sacrebleu.BLEU(tokenize=tokenizer)
    found = corpus.corpus_score(written, [true], n_bootstrap=RESAMPLES if len(pairs) > 1 else 1)
    sentence = sacrebleu.BLEU(tokenize=tokenizer, effective_order=True)
    rows = {key: sentence.sentence_score(ours, [truth]).score for key, (ours, truth) in pairs.items()}
    middle, half = float(found._mean), float(found._ci)
    interval = (max(middle - half, 0.0), min(middle + half, 100.0)) if len(pairs) > 1 else None
    return Scores(found.score, len(pairs), interval, rows, f"tokenizer {tokenizer}; rows are sentence BLEU")


METRIC = Metric("bleu", "text", "n-grams of the true text, sacrebleu, 0 to 100", measure)
