"""How long image tokens are beside those of words."""

from __future__ import annotations

import torch

from .finding import Finding, unmeasured
from .patient import Patient
from .reading import NO_WORD

NAME = "norms"
USUAL = (0.02, 200.0)  # published models have image tokens up to a hundred times as long as words


@torch.no_grad()
def norms(patient: Patient) -> Finding:
    """The mean length of image tokens and of the words around them."""
    if not patient.tokens:
        return unmeasured(NAME, "no image reaches the network")
    ids = torch.cat([reading.ids for reading in patient.readings])
    words = patient.network.embed_text(ids[ids != NO_WORD].unique().to(patient.network.device)).float()
    of_words = float(words.norm(dim=-1).mean())
    of_images = float(torch.cat(patient.tokens).norm(dim=-1).mean())
    ratio = of_images / max(of_words, 1e-12)
    numbers = {"image_tokens": round(of_images, 5), "words": round(of_words, 5), "ratio": round(ratio, 5)}
    if not USUAL[0] <= ratio <= USUAL[1]:
        said = f"Image tokens are {ratio:.3g} times as long as words, which drowns one of the two."
        remedy = "Start the projector anew (mindseye graft scales it to the words), or train it at a lower rate."
        return Finding(NAME, False, said, numbers, remedy)
    return Finding(NAME, True, f"Image tokens are {ratio:.2g} times as long as words.", numbers)
