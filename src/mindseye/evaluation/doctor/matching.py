"""Retrieval within a batch: does each answer fit its own picture better than the others'?"""
# C close rows

from __future__ import annotations

from math import comb

import numpy as np

from ..recall import recall_both_ways
from .finding import Finding, unmeasured
from .patient import Patient

NAME = "matching"
BY_CHANCE = 0.05
BLIND = 1e-3  # nats a token by which answers change with the picture


def matching(patient: Patient) -> Finding:
    """The likelihood of every answer under every picture."""
    if not patient.can_be_told:
        return unmeasured(NAME, "two rows with one picture each and different answers are needed")
    hits, spread = own_first(patient.losses), spread_of(patient.losses)
    count = len(patient.close)
    numbers = {
        "rows": count,
        "answers_that_find_their_picture": hits,
        "chance": round(1 / count, 3),
        "nats_between_pictures": round(spread, 4),
    }
    if is_matched(patient):
        said = f"{hits} of {count} answers are likeliest with their own picture; chance would be 1."
        return Finding(NAME, True, said, numbers)
    how = "the picture hardly changes how likely an answer is" if spread < 0.02 else "the picture counts, wrongly"
    said = f"Only {hits} of {count} answers are likeliest with their own picture: {how}."
    return Finding(NAME, False, said, numbers, "Train longer; if that does not help, one of the findings above is why.")


def own_first(losses: np.ndarray) -> int:
    """How many answers are likeliest with their own picture, of (C, C) losses; ties count by chance."""
    recall = recall_both_ways(-losses, range(len(losses)), ks=(1,))
    return round(recall.pictures[1] * len(losses))


def spread_of(losses: np.ndarray) -> float:
    """Nats a token by which an answer's loss deviates over pictures, mean over answers."""
    return float(losses.std(0).mean())


def is_matched(patient: Patient) -> bool:
    """Whether more answers find their picture than chance would let."""
    return finds_own(patient.losses)


def finds_own(losses: np.ndarray) -> bool:
    """The same of (C, C) losses."""
    count, hits = len(losses), own_first(losses)
    is_unlikely = at_least(hits, count) <= BY_CHANCE if count > 2 else hits == count
    return spread_of(losses) > BLIND and is_unlikely


def at_least(hits: int, count: int) -> float:
    """How likely `hits` or more of `count` are when each is right with one in `count`."""
    p = 1 / count
    return float(np.sum([comb(count, k) * p**k * (1 - p) ** (count - k) for k in range(hits, count + 1)]))
