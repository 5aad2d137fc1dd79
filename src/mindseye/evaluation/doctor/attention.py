"""How much the words of the answer look at the picture, layer by layer."""
# N tokens, M labels, T tokens of an image

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .finding import Finding, unmeasured
from .patient import Patient, once
from .reading import NO_WORD, Reading, states_of
from .watching import Watching

NAME = "attention"
TOO_LITTLE = 0.1  # of what would go to the picture if all tokens got the same


@dataclass(frozen=True, eq=False)
class Gaze:
    """Where the answer of one row looks. by_layer: share that goes to the picture. even: share if all tokens got the
    same. on_image: (T,) where on the picture, mean over layers and words.
    """

    by_layer: tuple[float, ...]
    even: float
    on_image: Tensor


def attention(patient: Patient) -> Finding:
    """Shares of attention from answers to pictures."""
    if not patient.can_be_told:
        return unmeasured(NAME, "two rows with one picture each and something to learn are needed")
    found = gazes(patient)
    by_layer = np.mean([gaze.by_layer for gaze in found], axis=0)
    even = float(np.mean([gaze.even for gaze in found]))
    best = int(by_layer.argmax())
    numbers = {"by_layer": [round(float(share), 4) for share in by_layer], "even": round(even, 4)}
    shares = f"most in layer {best} of {len(by_layer)} ({100 * by_layer[best]:.1f} %; {100 * even:.1f} % would be even)"
    if by_layer[best] < TOO_LITTLE * even:
        said = f"Answers hardly look at the picture: {shares}."
        return Finding(NAME, False, said, numbers, "Train longer: the model writes from words alone.")
    return Finding(NAME, True, f"Answers look at the picture, {shares}.", numbers)


@once
def gazes(patient: Patient) -> list[Gaze]:
    """Of each close row with its own picture."""
    return [gaze_of(patient, reading) for reading in patient.readings]


@torch.no_grad()
def gaze_of(patient: Patient, reading: Reading) -> Gaze:
    """One pass that keeps its weights."""
    watching = Watching(reading.visible, reading.predicting)
    images = patient.network.embed_images([segment.pixels for segment in reading.images])
    states_of(patient.network, reading, list(images), watching)
    is_image = reading.ids == NO_WORD
    layers = [watching.weights[layer][:, is_image] for layer in sorted(watching.weights)]  # (M, T) each
    seen = reading.visible[reading.predicting]
    even = float((seen[:, is_image].sum(1) / seen.sum(1)).mean())
    return Gaze(tuple(float(each.sum(1).mean()) for each in layers), even, torch.stack(layers).mean((0, 1)))
