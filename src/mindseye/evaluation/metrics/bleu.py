"""BLEU by sacrebleu: as it is for translations, and BLEU-1 to 4 as captions are measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..bootstrap import RESAMPLES
from ..feature_networks import Networks
from ..libraries import load_library
from ..samples import Sample
from .scores import Metric, Scores
from .words import Pair, has_cjk, streams, text_pairs, words

ORDERS = (1, 2, 3, 4)


def measure(samples: Sequence[Sample], networks: Networks) -> Scores:
    """BLEU of the whole corpus with sacrebleu's own bootstrap; sentence BLEU by row."""
    pairs = text_pairs(samples)
    tokenizer = "zh" if has_cjk([text for _, true in pairs.values() for text in true]) else "13a"
    return _scores(pairs, f"tokenizer {tokenizer}", tokenize=tokenizer)


def _measure_captions(order: int) -> Callable[[Sequence[Sample], Networks], Scores]:
    """BLEU up to n-grams of `order` words, in lower case and without punctuation, not smoothed."""

    def measure_captions(samples: Sequence[Sample], networks: Networks) -> Scores:
        pairs = {key: (_cut(written), tuple(map(_cut, true))) for key, (written, true) in text_pairs(samples).items()}
        options = {"tokenize": "none", "max_ngram_order": order, "smooth_method": "none", "force": True}
        return _scores(pairs, "words in lower case without punctuation", **options)

    return measure_captions


def _scores(pairs: Mapping[str, Pair], note: str, **options: Any) -> Scores:
    sacrebleu = load_library("sacrebleu")
    written, true = map(list, zip(*pairs.values(), strict=True))
    found = sacrebleu.BLEU(**options).corpus_score(
        written, streams(true), n_bootstrap=RESAMPLES if len(pairs) > 1 else 1
    )
    sentence = sacrebleu.BLEU(**options, effective_order=True)
    rows = {key: sentence.sentence_score(ours, list(texts)).score for key, (ours, texts) in pairs.items()}
    middle, half = float(found._mean), float(found._ci)
    interval = (max(middle - half, 0.0), min(middle + half, 100.0)) if len(pairs) > 1 else None
    return Scores(found.score, len(pairs), interval, rows, f"{note}; rows are sentence BLEU")


def _cut(text: str) -> str:
    return " ".join(words(text))


METRICS = (
    Metric("bleu", "text", "n-grams of the true text, sacrebleu, 0 to 100", measure),
    *(
        Metric(f"bleu_{n}", "text", f"n-grams of up to {n} words, as for captions, 0 to 100", _measure_captions(n))
        for n in ORDERS
    ),
)
