"""How strongly each part is pulled by the loss of some rows, and how that compares with its weights."""

from __future__ import annotations

from collections import defaultdict
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from .finding import Finding, unmeasured
from .patient import JOINTS, Patient, once
from .reading import loss_of
from .watching import Watching

NAME = "gradients"
FEW_ROWS = 4
LARGE = 10**9  # weights, from which on only what joins eyes and words is pulled


def gradients(patient: Patient) -> Finding:
    """One way back from the mean loss of a few rows."""
    if not patient.can_be_told:
        return unmeasured(NAME, "two rows with one picture each and something to learn are needed")
    parts = pulled(patient)
    numbers: dict[str, Any] = {
        part: {"gradient": _short(gradient), "weights": _short(weights)} for part, (gradient, weights) in parts.items()
    }
    joint = [gradient for part, (gradient, _) in parts.items() if f"{part}.".startswith(JOINTS)]
    if not joint:
        return Finding(NAME, None, "not measured: nothing with a name stands between eyes and words", numbers)
    if not all(isfinite(gradient) for gradient, _ in parts.values()):
        return Finding(NAME, False, "Gradients are no numbers.", numbers, "Lower the rate, or load in float32.")
    if not joint[0] > 0:
        said = "The projector gets no gradient at all: what is learnt does not depend on the picture."
        return Finding(NAME, False, said, numbers, "Check that image tokens stand before the answers in the rows.")
    said = ", ".join(f"{part} {gradient:.2g}" for part, (gradient, _) in parts.items())
    return Finding(NAME, True, f"After one batch every part is pulled; gradient norms: {said}.", numbers)


@once
def pulled(patient: Patient) -> dict[str, tuple[float, float]]:
    """Norms of gradient and weights by part; whether parameters learn is afterwards what it was."""
    network = patient.network
    named = dict(network.named_parameters())
    chosen = named if network.num_parameters < LARGE else patient.joint_parameters()
    before = {name: each.requires_grad for name, each in named.items()}
    try:
        for name, each in named.items():
            each.requires_grad_(name in chosen)
        with torch.enable_grad():
            found = torch.autograd.grad(mean_loss(patient), list(chosen.values()), allow_unused=True)
    finally:
        for name, each in named.items():
            each.requires_grad_(before[name])
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (name, weight), gradient in zip(chosen.items(), found, strict=True):
        part = name.partition(".")[0]
        sums[part][0] += 0.0 if gradient is None else float(gradient.float().square().sum())
        sums[part][1] += float(weight.detach().float().square().sum())
    return {part: (gradient**0.5, weights**0.5) for part, (gradient, weights) in sums.items()}


def mean_loss(patient: Patient) -> Tensor:
    """() with its graph: the loss of a few rows with their own pictures."""
    losses = []
    for reading in patient.readings[:FEW_ROWS]:
        images = patient.network.embed_images([segment.pixels for segment in reading.images])
        losses.append(loss_of(patient.network, reading, list(images), Watching(reading.visible)))
    return torch.stack(losses).mean()


def _short(number: float) -> float:
    return float(f"{number:.4g}")
