"""What a request for a drawing asks for; every scene that has it is right."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

from .relations import holds
from .scenes import Scene, Thing


@dataclass(frozen=True)
class Wanted:
    """One thing that must be there; None means that its size or place was left unsaid."""

    noun: str
    size: str | None = None
    place: str | None = None

    def fits(self, thing: Thing) -> bool:
        """Whether that thing is what was wanted."""
        return thing.noun == self.noun and self.size in (None, thing.size) and self.place in (None, thing.place)


@dataclass(frozen=True)
class Wish:
    """Exactly these things, on this background (None: any), with this relation between the first two."""

    things: tuple[Wanted, ...]
    background: str | None = None
    relation: str | None = None

    def accepts(self, scene: Scene) -> bool:
        """Whether the scene shows all that was wished for and nothing else."""
        if self.background not in (None, scene.background) or len(scene.things) != len(self.things):
            return False
        return any(self._fits(order) for order in permutations(scene.things))

    def _fits(self, things: tuple[Thing, ...]) -> bool:
        if not all(wanted.fits(thing) for wanted, thing in zip(self.things, things)):
            return False
        return self.relation is None or holds(things[0].place, self.relation, things[1].place)
