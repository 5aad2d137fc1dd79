"""Do the rows' answers belong to their pictures? Like pictures should have like answers, whatever the model says."""
# I rows, D hidden_size

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from ..final_answer import normal
from ..traces import word_f1
from .cases import Case
from .features import features
from .finding import Finding, unmeasured
from .looks import looks
from .matching import is_matched
from .patient import Patient

NAME = "captions"
MOST, FEWEST, SHUFFLES, BY_CHANCE = 64, 8, 1000, 0.02


def captions(patient: Patient) -> Finding:
    """Compares answers of neighbouring pictures with those of any: no better than any means that they are shuffled."""
    cases = [case for case in patient.cases.good[:MOST] if len(case.pictures) == 1]
    if len(cases) < FEWEST:
        return unmeasured(NAME, f"{len(cases)} rows with one picture each are too few")
    if patient.can_be_told and is_matched(patient):
        return Finding(NAME, True, "Answers belong to their pictures: the model finds most of them.")
    if patient.can_be_told and looks(patient).better:
        return unmeasured(NAME, "the model sees wrongly, for a reason that is named elsewhere")
    if features(patient).is_mistake:
        return unmeasured(NAME, "all pictures become the same tokens")
    near, chance, likely = neighbours(patient, cases)
    numbers = {"rows": len(cases), "likeness": round(near, 3), "by_chance": round(chance, 3), "p": round(likely, 4)}
    if likely > BY_CHANCE:
        said = (
            f"Captions seem shuffled against images: like pictures have answers no more alike ({near:.2f}) than any "
            f"({chance:.2f})."
        )
        remedy = "Check by mindseye data show FILE -o page.html that each row has its own picture."
        return Finding(NAME, False, said, numbers, remedy)
    said = f"Like pictures have like answers ({near:.2f} of their words, {chance:.2f} by chance)."
    return Finding(NAME, True, said, numbers)


def neighbours(patient: Patient, cases: list[Case]) -> tuple[float, float, float]:
    """Likeness of the answers of nearest pictures, that by chance, and how likely chance reaches as much."""
    readings = [patient.read(case) for case in cases]
    kept = [number for number, reading in enumerate(readings) if len(reading.images) == 1]
    tokens = patient.see([readings[number].images[0].pixels for number in kept])
    seen = torch.stack([each.mean(0) for each in tokens])  # (I, D)
    seen = F.normalize(seen - seen.mean(0), dim=-1)
    nearness = (seen @ seen.T).numpy()
    asked = np.array([normal(cases[number].question) for number in kept])
    nearness[asked[:, None] != asked] = -2  # answers to other questions say nothing
    np.fill_diagonal(nearness, -3)
    nearest = nearness.argmax(1)
    has_any = nearness.max(1) > -2
    answers = [cases[number].answer for number in kept]
    alike = np.array([[word_f1(one, two) for two in answers] for one in answers])
    rows = np.arange(len(kept))[has_any]
    rng = np.random.default_rng(patient.seed)

    def likeness(order: np.ndarray) -> float:
        return float(alike[order[rows], order[nearest[rows]]].mean()) if len(rows) else 0.0

    near = likeness(np.arange(len(kept)))
    shuffled = np.array([likeness(_within(asked, rng)) for _ in range(SHUFFLES)])
    return near, float(shuffled.mean()), float((shuffled >= near - 1e-9).mean())


def _within(asked: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An order of rows that keeps each among those with its question."""
    order = np.arange(len(asked))
    for question in np.unique(asked):
        members = np.flatnonzero(asked == question)
        order[members] = rng.permutation(members)
    return order
