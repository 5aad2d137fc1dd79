"""What answers rows: in this process, in one of its own, or as a Ray actor. It has a model and knows no folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..inputs.rows import Row
from .answering import Answering, prepare_ahead
from .finished import Finished
from .requests import RowPreparer
from .settings import BatchSettings, ModelChoice, RowSettings

if TYPE_CHECKING:
    from ..model import Model


AHEAD = 4  # rows whose pictures are opened before they are needed


@dataclass(frozen=True)
class ActorPlan:
    """All that an actor must be told; can be sent to another machine. threads: of a CPU, None for torch's own."""

    model: ModelChoice
    rows: RowSettings
    image_root: Path | None
    window: int
    here: Path
    """The working directory of the run, where pictures are looked for first."""
    threads: int | None = None

    @classmethod
    def of(cls, settings: BatchSettings, threads: int | None = None) -> ActorPlan:
        """The plan of a run."""
        return cls(settings.model, settings.rows, settings.image_root, settings.window, Path.cwd(), threads)


class RowActor:
    """Answers rows with one model."""

    def __init__(
        self, plan: ActorPlan, model: Model | None = None, on_broken: Callable[[Finished], None] | None = None
    ) -> None:
        """Loads the model unless it is given. `on_broken` is told at once of rows that cannot be asked."""
        self._plan = plan
        self.model = model or load_model(plan)
        self._answering = Answering(self.model, plan.rows, plan.window, on_broken)

    @property
    def window(self) -> int:
        """Rows on their way at once: less than planned once memory was short."""
        return self._answering.window

    def answer(self, rows: Iterable[Row], is_stopped: Callable[[], bool] = lambda: False) -> Iterator[Finished]:
        """Finished rows in the order they end. Once `is_stopped`, no more are begun."""
        preparer = RowPreparer(self._plan.rows, self._plan.image_root, self._plan.here)
        yield from self._answering.answer(prepare_ahead(rows, preparer, ahead=AHEAD), is_stopped)


def load_model(plan: ActorPlan) -> Model:
    """The model, with an engine that lets a window of requests run at once."""
    import torch

    from ..generation.scheduler import EngineConfig
    from ..loading import load

    if plan.threads:
        torch.set_num_threads(plan.threads)
    choice, config = plan.model, EngineConfig(max_running=plan.window)
    return load(choice.name, engine=config, device=choice.device, dtype=choice.dtype, weights_name=choice.weights)
