"""What a measurement has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One measurement in one plain sentence.

    is_well: None where it could not be measured; `said` then says why. numbers: what was measured, by name. remedy:
    what to do, '' where all is well.
    """

    name: str
    is_well: bool | None
    said: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""

    @property
    def is_mistake(self) -> bool:
        """Whether something is wrong."""
        return self.is_well is False

    def as_json(self) -> dict[str, Any]:
        """All of it by name."""
        return asdict(self)


def unmeasured(name: str, why: str) -> Finding:
    """A measurement that could not be made."""
    return Finding(name, None, f"not measured: {why}")
