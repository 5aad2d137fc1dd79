"""What is wrong with a data set: every finding is kept, none stops the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = {
    "archive": "archives that cannot be read",
    "unsafe": "names in archives that lead elsewhere",
    "line": "broken lines of annotations",
    "repaired": "broken lines that could be repaired",
    "missing": "missing pictures",
    "corrupt": "corrupt pictures",
    "duplicate": "pictures that are there twice",
    "uncaptioned": "pictures without a caption",
}


@dataclass(frozen=True)
class Problem:
    """One finding. kind: of KINDS. where: a file, a line or a picture. what: the finding in words."""

    kind: str
    where: str
    what: str

    def __post_init__(self) -> None:
        assert self.kind in KINDS


@dataclass
class Problems:
    """All findings, in the order they came."""

    found: list[Problem] = field(default_factory=list)

    def add(self, kind: str, where: object, what: str) -> None:
        """One more."""
        self.found.append(Problem(kind, str(where), what))

    def of(self, kind: str) -> list[Problem]:
        """Those of one kind."""
        return [problem for problem in self.found if problem.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind, in the order of KINDS; those that there are."""
        counts = Counter(problem.kind for problem in self.found)
        return {kind: counts[kind] for kind in KINDS if counts[kind]}

    def as_json(self) -> list[dict[str, Any]]:
        """All of them."""
        return [asdict(problem) for problem in self.found]
