"""Rows answered by one model on this machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .answering import Answering, prepare_ahead
from .finished import Finished
from .identity import hash_model
from .requests import RowPreparer
from .rows import Row
from .settings import BatchSettings, ModelChoice

if TYPE_CHECKING:
    from ..model import Model


class LocalEngine:
    """A loaded model that answers rows in windows."""

    def __init__(self, model: Model, settings: BatchSettings) -> None:
        self._model = model
        self._settings = settings
        self.model_sha256 = fingerprint(model)
        self.facts: dict[str, Any] = {"engine": "local", "batch_size": settings.window, "workers": settings.workers}

    def answer(self, rows: Iterator[Row], is_stopped: Callable[[], bool]) -> Iterator[Finished]:
        """Finished rows in the order they end."""
        settings = self._settings
        preparer = RowPreparer(settings.rows, settings.image_root)
        answering = Answering(self._model, settings.rows, settings.window)
        prepared = prepare_ahead(rows, preparer, settings.workers, ahead=settings.window)
        yield from answering.answer(prepared, is_stopped)
        if answering.window < settings.window:
            self.facts |= {"batch_size_after_memory_was_short": answering.window}


def load_for_batch(choice: ModelChoice, window: int) -> Model:
    """The model, with an engine that lets `window` requests run at once."""
    from ..generation.scheduler import EngineConfig
    from ..model import load

    config = dataclasses.replace(EngineConfig(), max_running=window)
    return load(choice.name, engine=config, device=choice.device, dtype=choice.dtype, weights_name=choice.weights)


def fingerprint(model: Model) -> str:
    """What tells this model from others: its files, or the name of one that has none."""
    loaded = getattr(model, "loaded", None)
    return hash_model(Path(loaded.folder)) if loaded is not None else model.name
