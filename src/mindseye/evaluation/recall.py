"""Retrieval between pictures and texts: recall at K both ways, where a picture may have several texts."""
# I pictures, T texts

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from ..errors import InputError

KS = (1, 5, 10)


@dataclass(frozen=True)
class Recall:
    """Shares, 0 to 1, by K. texts: pictures of whose own texts one is among the K most similar. pictures: texts whose
    own picture is. chance_...: what similarities without meaning would give.
    """

    texts: Mapping[int, float]
    pictures: Mapping[int, float]
    chance_texts: Mapping[int, float]
    chance_pictures: Mapping[int, float]


def recall_both_ways(similarity: np.ndarray, owners: Sequence[int], ks: Sequence[int] = KS) -> Recall:
    """Recall of (I, T) similarities; text j is about picture owners[j].

    Equal ones are in a random order, so similarities that are all the same give chance and not everything. InputError
    for shapes that do not fit, pictures without a text and numbers that are none.
    """
    owner = np.asarray(owners)
    num_pictures, num_texts = similarity.shape
    if owner.shape != (num_texts,) or set(owner.tolist()) != set(range(num_pictures)):
        raise InputError(f"owners of {len(owner)} texts came for similarities {similarity.shape}; expected one of "
                         f"{num_pictures} pictures for each text, and a text for each picture")  # fmt: skip
    if np.isnan(similarity).any():
        raise InputError("the similarities hold values that are no numbers")
    own = owner[None, :] == np.arange(num_pictures)[:, None]  # (I, T)
    flat = np.zeros_like(similarity)
    return Recall(_shares(similarity, own, ks), _shares(similarity.T, own.T, ks),
                  _shares(flat, own, ks), _shares(flat.T, own.T, ks))  # fmt: skip


def _shares(similarity: np.ndarray, own: np.ndarray, ks: Sequence[int]) -> dict[int, float]:
    """By K, the mean over rows of the chance that one of a row's own is among the K most similar."""
    best = np.where(own, similarity, -np.inf).max(1, keepdims=True)
    better = ((similarity > best) & ~own).sum(1).tolist()
    equal = ((similarity == best) & ~own).sum(1).tolist()
    mine = ((similarity == best) & own).sum(1).tolist()
    rows = list(zip(better, equal, mine, strict=True))
    return {k: sum(_chance(k - above, among, ours) for above, among, ours in rows) / len(rows) for k in ks}


def _chance(places: int, others: int, ours: int) -> float:
    """That one of `ours` is in the first `places` of a random order of ours and others."""
    if places <= 0:
        return 0.0
    return 1 - comb(others, places) / comb(others + ours, places) if places <= others else 1.0
