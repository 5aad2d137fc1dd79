"""How many tokens an image becomes, and how many of the tower's features they are made of."""
# P features of an image, F numbers of a feature

from __future__ import annotations

from typing import Any

import torch

from ...networks.grafted import Grafted
from .finding import Finding, unmeasured
from .patient import Patient

NAME = "image_tokens"


def image_tokens(patient: Patient) -> Finding:
    """Counts tokens, and features that any token depends on: one patch of many is the classic mistake."""
    if not patient.tokens:
        return unmeasured(NAME, "no image reaches the network")
    counts = sorted({len(tokens) for tokens in patient.tokens})
    numbers: dict[str, Any] = {"tokens": counts, "features": None, "features_used": None}
    network = patient.network
    if not isinstance(network, Grafted):
        return Finding(NAME, True, f"An image becomes {spelt(counts)} tokens, one for each of its patches.", numbers)
    total, used = features_used(network)
    numbers |= {"features": total, "features_used": used}
    if used < total:
        said = (
            f"An image becomes {spelt(counts)} tokens, but only {used} of the tower's {total} features "
            f"{'goes' if used == 1 else 'go'} into them ({network.config.image_tokens.name})."
        )
        remedy = "Graft with --image-tokens patches, pool or grid:N, and train the projector anew."
        return Finding(NAME, False, said, numbers, remedy)
    said = f"An image becomes {spelt(counts)} tokens, made of all {total} features of the tower."
    return Finding(NAME, True, said, numbers)


def features_used(network: Grafted) -> tuple[int, int]:
    """Features of an image, and how many of them the image tokens depend on."""
    config = network.config
    features = torch.zeros(1, config.tower.num_features, config.tower.width, requires_grad=True)
    with torch.enable_grad():
        [gradient] = torch.autograd.grad(config.image_tokens(features).sum(), features)
    return config.tower.num_features, int((gradient[0].abs().sum(-1) > 0).sum())


def spelt(counts: list[int]) -> str:
    """One number, or the range of several."""
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
