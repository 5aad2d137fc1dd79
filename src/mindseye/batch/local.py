"""Rows answered by one model in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .actor import ActorPlan, RowActor
from .finished import Finished
from .identity import fingerprint
from .pending import PendingRows
from .settings import BatchSettings


class LocalEngine:
    """A loaded model that answers rows in windows."""

    def __init__(self, settings: BatchSettings, actor: RowActor | None = None) -> None:
        self._actor = actor or RowActor(ActorPlan.of(settings))
        self.notes = self._actor.model.notes
        self.model_sha256 = fingerprint(settings.model)
        self.facts: dict[str, Any] = {"engine": "local", "workers": 1, "batch_size": settings.window}

    def answer(self, rows: PendingRows, is_stopped: Callable[[], bool]) -> Iterator[Finished]:
        """Finished rows in the order they end."""
        yield from self._actor.answer(rows, is_stopped)
        self.facts["batch_size"] = self._actor.window

    def close(self) -> None:
        """Nothing is left behind."""
