"""What a recipe says of training, as far as the doctor wants to know it."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class PlannedPart:
    """Parameters that move, by patterns of their names, at a peak rate. is_adapted: only adapters beside them do."""

    names: tuple[str, ...]
    learning_rate: float
    is_adapted: bool = False

    def takes(self, name: str) -> bool:
        """Whether a parameter belongs to it."""
        return any(fnmatchcase(name, pattern) for pattern in self.names)


@dataclass(frozen=True)
class PlannedStage:
    """Some steps. mean_rate: of the learning rates of all steps, as a share of the peak."""

    name: str
    num_steps: int
    mean_rate: float
    parts: tuple[PlannedPart, ...]


@dataclass(frozen=True)
class Plan:
    """All stages, one after the other."""

    stages: tuple[PlannedStage, ...]

    def reach(self, name: str) -> float:
        """How far a number of this parameter can travel: AdamW moves each by about the learning rate a step."""
        return sum(
            stage.num_steps * stage.mean_rate * part.learning_rate
            for stage in self.stages
            for part in stage.parts
            if part.takes(name) and not part.is_adapted
        )
