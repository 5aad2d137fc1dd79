"""What a recipe moves, and whether that is far enough."""

from __future__ import annotations

from math import log10

from .finding import Finding, unmeasured
from .gradients import pulled
from .patient import Patient

FROZEN, RATE = "projector_frozen", "learning_rate"
NEAR = 0.05  # of its weights' size: who can travel no further over a whole run has learnt nothing


def projector_frozen(patient: Patient) -> Finding:
    """Whether any stage moves what stands between eyes and words."""
    if patient.plan is None:
        return unmeasured(FROZEN, "no --recipe says what is trained")
    joint = patient.joint_parameters()
    if not joint:
        return unmeasured(FROZEN, "nothing with a name stands between eyes and words")
    moving = {
        stage.name: sum(any(p.takes(name) and p.learning_rate > 0 for p in stage.parts) for name in joint)
        for stage in patient.plan.stages
    }
    numbers = {"parameters": len(joint), "moving_by_stage": moving}
    if not any(moving.values()):
        said = "The projector is frozen in all stages of the recipe, so it stays what chance made it."
        remedy = 'Add a part to the first stage: projector: {names: ["projector.*"], learning_rate: 2.0e-3}.'
        return Finding(FROZEN, False, said, numbers, remedy)
    stages = ", ".join(name for name, count in moving.items() if count)
    return Finding(FROZEN, True, f"The projector learns in: {stages}.", numbers)


def learning_rate(patient: Patient) -> Finding:
    """How far the projector's numbers can travel over the run, beside their size."""
    if patient.plan is None:
        return unmeasured(RATE, "no --recipe says what is trained")
    joint = patient.joint_parameters()
    reach = {name: patient.plan.reach(name) for name, each in joint.items() if each.dim() > 1}
    moving = [name for name, far in reach.items() if far > 0]
    if not moving:
        return unmeasured(RATE, "the recipe moves no matrix of the projector itself")
    steps = sum(stage.num_steps for stage in patient.plan.stages)
    size = sum(float(joint[name].detach().float().square().sum()) for name in moving) ** 0.5
    farthest = sum(reach[name] ** 2 * joint[name].numel() for name in moving) ** 0.5 / max(size, 1e-12)
    numbers = {"steps": steps, "travel": float(f"{farthest:.4g}"), "update_ratio": float(f"{farthest / steps:.4g}")}
    if patient.can_be_told:
        gradient, weights = next(iter(_joint_pull(patient)), (0.0, 0.0))
        numbers |= {"gradient_norm": float(f"{gradient:.4g}"), "weight_norm": float(f"{weights:.4g}")}
    if farthest < NEAR:
        said = (
            f"The learning rate is too small: over {steps} steps the projector's weights can move by "
            f"{100 * farthest:.2g} % of their size ({100 * farthest / steps:.1g} % a step)."
        )
        factor = 10 ** max(1, round(-log10(max(farthest, 1e-12))))
        return Finding(RATE, False, said, numbers, f"Raise the projector's learning rate about {factor:,} times.")
    said = f"Over {steps} steps the projector's weights can move by {farthest:.2g} times their size."
    return Finding(RATE, True, said, numbers)


def _joint_pull(patient: Patient) -> list[tuple[float, float]]:
    return [sizes for part, sizes in pulled(patient).items() if part in ("projector", "connector")]
