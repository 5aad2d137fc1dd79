"""The same pictures under other rules: would the model answer better with other normalisation or other channels?"""
# C channels, H height, W width

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ...inputs.image_processors import SquareTransforms
from ...inputs.segments import VitSegment
from .finding import Finding, unmeasured
from .matching import finds_own, is_matched
from .patient import Patient, once
from .reading import Reading

Triple = tuple[float, float, float]
NORMALISATION, CHANNELS = "normalisation", "channels"
SWAPPED = "blue and red swapped"
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
KNOWN = {
    "CLIP's": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "ImageNet's": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "SigLIP's": HALF,
    "none, 0 to 1": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "none, 0 to 255": ((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)),
}
BETTER, NATS, MOST = 0.8, 0.1, 0.7  # of the own loss, less of it a token, share of rows that agree
BLACK, WHITE = (-3.0, -0.5), (0.5, 3.5)  # where the rules of known towers put them


@dataclass(frozen=True)
class Looks:
    """Losses of the close rows: own, and under each other rule by name (nats a token, a row each).

    better: the rule under which the true answers are far likelier than under the model's own and find their pictures;
    a lower loss alone may only mean that the model is less sure of what is wrong anyway.
    """

    own: np.ndarray
    others: dict[str, np.ndarray]
    better: str | None = None

    @property
    def likeliest(self) -> str | None:
        """The rule with the lowest loss, None where it is not far below the model's own."""
        name = min(self.others, key=lambda one: float(self.others[one].mean()))
        own, other = float(self.own.mean()), float(self.others[name].mean())
        agree = float((self.others[name] < self.own).mean())
        return name if other < BETTER * own and own - other > NATS and agree >= MOST else None

    def as_numbers(self) -> dict[str, float]:
        """Mean losses by rule."""
        means = {"own": self.own, **self.others}
        return {name: round(float(losses.mean()), 4) for name, losses in means.items()}


def normalisation(patient: Patient) -> Finding:
    """Whether the true answers are likelier under another known rule, and where black and white come to lie."""
    mean, std = rule_of(patient)
    black = min(-m / s for m, s in zip(mean, std))
    white = max((1 - m) / s for m, s in zip(mean, std))
    numbers: dict[str, object] = {"black": round(black, 3), "white": round(white, 3), "mean": mean, "std": std}
    is_usual = BLACK[0] <= black <= BLACK[1] and WHITE[0] <= white <= WHITE[1]
    if patient.readings and patient.readings[0].images:
        pixels = torch.cat([reading.images[0].pixels.flatten(1) for reading in patient.readings if reading.images], 1)
        numbers |= {"pixels_mean": round(float(pixels.mean()), 3), "pixels_std": round(float(pixels.std()), 3)}
    remedy = "Take preprocessor_config.json from the tower's own model (image_mean, image_std)."
    better = None
    if patient.can_be_told:
        found = looks(patient)
        numbers["losses"] = found.as_numbers()
        better = found.better
    if better in KNOWN:
        said = f"The normalisation is wrong: under {better} rule the true answers are far likelier."
        return Finding(NORMALISATION, False, said, numbers, remedy)
    if not is_usual and not (patient.can_be_told and is_matched(patient)):
        said = f"The normalisation is unusual: black becomes {black:.2g} and white {white:.2g}, towers want -2 and 2."
        return Finding(NORMALISATION, False, said, numbers, remedy)
    said = f"Black becomes {black:.2g}, white {white:.2g}; no other known rule would make the answers likelier."
    return Finding(NORMALISATION, True, said, numbers)


def channels(patient: Patient) -> Finding:
    """Whether the true answers are likelier with blue and red swapped."""
    if not patient.can_be_told:
        return unmeasured(CHANNELS, "two rows with one picture each and something to learn are needed")
    found = looks(patient)
    numbers = {"own": found.as_numbers()["own"], "swapped": found.as_numbers()[SWAPPED]}
    if found.better == SWAPPED:
        said = (
            "Red and blue are swapped: with the channels turned round the loss of the true answers falls from "
            f"{numbers['own']:.2f} to {numbers['swapped']:.2f}."
        )
        remedy = "Give the tower its channels in the order it was trained with (RGB, not OpenCV's BGR)."
        return Finding(CHANNELS, False, said, numbers, remedy)
    return Finding(CHANNELS, True, "Red is red: swapped with blue, the true answers are no likelier.", numbers)


@once
def looks(patient: Patient) -> Looks:
    """All rules tried on the close rows; the best one is tried on all pairs of them."""
    mean, std = rule_of(patient)
    rules = {name: rule for name, rule in KNOWN.items() if not np.allclose(rule, (mean, std), atol=0.01)}
    seen = {name: [again(patient, reading, rule) for reading in patient.readings] for name, rule in rules.items()}
    seen[SWAPPED] = [again(patient, reading, (mean, std), True) for reading in patient.readings]
    others = {
        name: np.array([patient.loss(*pair) for pair in zip(patient.readings, images, strict=True)])
        for name, images in seen.items()
    }
    found = Looks(np.diag(patient.losses), others)
    name = found.likeliest
    if name is None:
        return found
    losses = np.array([[patient.loss(reading, image) for reading in patient.readings] for image in seen[name]])
    return replace(found, better=name if finds_own(losses) else None)


def again(patient: Patient, reading: Reading, rule: tuple[Triple, Triple], is_swapped: bool = False) -> VitSegment:
    """The picture of a row, made by another rule."""
    image = reading.images[0]
    (own_mean, own_std), (mean, std) = (tuple(column(each) for each in one) for one in (rule_of(patient), rule))
    levels = image.pixels * own_std + own_mean  # 0 to 1
    levels = levels.flip(0) if is_swapped else levels
    return replace(image, pixels=(levels - mean) / std)


def rule_of(patient: Patient) -> tuple[Triple, Triple]:
    """Mean and deviation by which its own processor makes pixels of levels from 0 to 1."""
    transforms = getattr(patient.loaded.image_processor, "transforms", None)
    return (transforms.mean, transforms.std) if isinstance(transforms, SquareTransforms) else HALF


def column(numbers: tuple) -> Tensor:
    """(C, 1, 1) of numbers by channel."""
    return torch.tensor(numbers)[:, None, None]
