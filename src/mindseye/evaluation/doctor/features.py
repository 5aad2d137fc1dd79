"""Do the tokens of different pictures differ?"""
# C pictures, D hidden_size

from __future__ import annotations

import torch
import torch.nn.functional as F

from .finding import Finding, unmeasured
from .patient import Patient

NAME = "features"
TOO_LIKE = 0.01  # of the tokens' own length


def features(patient: Patient) -> Finding:
    """Compares the mean token of each picture with that of every other."""
    if len(patient.tokens) < 2:
        return unmeasured(NAME, "fewer than two pictures reach the network")
    means = torch.stack([tokens.mean(0) for tokens in patient.tokens])  # (C, D)
    pairs = torch.combinations(torch.arange(len(means)))
    one, two = means[pairs[:, 0]], means[pairs[:, 1]]
    cosine = float(F.cosine_similarity(one, two).mean())
    apart = float((one - two).norm(dim=-1).mean() / means.norm(dim=-1).mean().clamp(min=1e-12))
    numbers = {"cosine": round(cosine, 5), "relative_difference": round(apart, 5), "pictures": len(means)}
    if not apart > TOO_LIKE:
        said = f"Different pictures become nearly the same tokens: they differ by {100 * apart:.2f} % of their length."
        remedy = "Look at the tower's weights and at normalisation: something flattens all pictures to one."
        return Finding(NAME, False, said, numbers, remedy)
    said = f"Tokens of different pictures differ by {100 * apart:.0f} % of their length (cosine {cosine:.3f})."
    return Finding(NAME, True, said, numbers)
