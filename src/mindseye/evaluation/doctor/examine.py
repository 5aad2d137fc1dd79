"""All measurements in one table, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .answers import answers
from .attention import attention
from .captions import captions
from .features import features
from .finding import Finding
from .gradients import gradients
from .image_tokens import image_tokens
from .labels import labels
from .looks import channels, normalisation
from .matching import matching
from .norms import norms
from .patient import Patient
from .placeholders import placeholders
from .tower_mode import tower_mode
from .training_plan import learning_rate, projector_frozen

MEASUREMENTS: Mapping[str, Callable[[Patient], Finding]] = {
    "placeholders": placeholders,
    "loss_mask": labels,
    "image_tokens": image_tokens,
    "projector_frozen": projector_frozen,
    "learning_rate": learning_rate,
    "tower_mode": tower_mode,
    "channels": channels,
    "normalisation": normalisation,
    "captions": captions,
    "features": features,
    "norms": norms,
    "gradients": gradients,
    "attention": attention,
    "matching": matching,
    "swap": answers,
}
"""In the order of blame: a cause stands before what comes of it."""
WAY_OF_THE_PICTURE = ("placeholders", "features")
"""Without these nothing of a picture can reach the words."""


@dataclass(frozen=True)
class Examination:
    """All findings. verdict: "sees", "guesses" or "cannot see", and why."""

    findings: tuple[Finding, ...]
    verdict: str
    why: str

    @property
    def mistakes(self) -> tuple[Finding, ...]:
        """What is wrong, the likeliest cause first."""
        return tuple(finding for finding in self.findings if finding.is_mistake)

    @property
    def remedy(self) -> str:
        """What to do first, '' where nothing is wrong."""
        return self.mistakes[0].remedy if self.mistakes else ""

    def as_json(self) -> dict[str, Any]:
        """All of it by name."""
        found = [finding.as_json() for finding in self.findings]
        return {"verdict": self.verdict, "why": self.why, "remedy": self.remedy, "findings": found}


def examine(patient: Patient, watch: Callable[[str], None] = lambda name: None) -> Examination:
    """Measure everything; `watch` hears which comes next."""
    findings = []
    for name, measure in MEASUREMENTS.items():
        watch(name)
        findings.append(measure(patient))
    verdict, why = judge({finding.name: finding for finding in findings})
    return Examination(tuple(findings), verdict, why)


def judge(found: Mapping[str, Finding]) -> tuple[str, str]:
    """What it does, and by what that is known."""
    for name in WAY_OF_THE_PICTURE:
        if found[name].is_mistake:
            return "cannot see", found[name].said
    swap, own = found["swap"], found["matching"]
    if swap.is_well or (swap.is_well is None and own.is_well):
        return "sees", (swap if swap.is_well else own).said
    if swap.is_well is None and own.is_well is None:
        return "unknown", f"{swap.said}; {own.said}"
    if swap.is_mistake and not swap.numbers["changed_swapped"] and not swap.numbers["changed_blank"]:
        return "cannot see", "No answer changes when the picture is swapped or blanked."
    return "guesses", (swap if swap.is_mistake else own).said
