"""Does the tower see the same picture twice in the same way?"""

from __future__ import annotations

import torch

from .finding import Finding, unmeasured
from .patient import JOINTS, Patient

NAME = "tower_mode"
EYES = ("vision_tower", "vit_model")


def tower_mode(patient: Patient) -> Finding:
    """Two passes over one picture, and modules of the eyes that are in training mode."""
    images = [reading.images[0].pixels for reading in patient.readings if reading.images]
    if not images:
        return unmeasured(NAME, "no image reaches the network")
    one, two = patient.see(images[:1])[0], patient.see(images[:1])[0]
    differ = float((one - two).norm() / one.norm().clamp(min=1e-12))
    training = training_modules(patient.network)
    numbers = {"difference_of_two_passes": round(differ, 6), "modules_in_training_mode": len(training)}
    if training or differ > 1e-3:
        said = f"The tower is in training mode: two looks at one picture differ by {100 * differ:.2g} %."
        return Finding(NAME, False, said, numbers, "Call eval() on the vision tower before it is used.")
    return Finding(NAME, True, "Two looks at one picture are the same; nothing is in training mode.", numbers)


def training_modules(network: torch.nn.Module) -> list[str]:
    """Modules of the eyes and of what joins them that are in training mode."""
    inside = tuple(f"{name}." for name in EYES) + JOINTS
    return [name for name, module in network.named_modules() if f"{name}.".startswith(inside) and module.training]
