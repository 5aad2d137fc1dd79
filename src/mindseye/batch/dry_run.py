"""What a run would do, without doing it: tasks, broken rows and their reasons, and how long it may take."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..inputs.rows import read_rows
from .answering import Answering, prepare_ahead
from .requests import Prepared, RowPreparer, make_request, told
from .settings import BatchSettings

if TYPE_CHECKING:
    from ..model import Model

NUM_TIMED = 8  # rows
MOST_SHOWN = 1000  # rows that would fail


@dataclass(frozen=True)
class DryRun:
    """num_wrong: rows that would fail, the first thousand of them with their reasons in `wrong`. seconds: of it all."""

    num_rows: int
    num_wrong: int
    tasks: dict[str, int]
    wrong: list[tuple[str, str]]
    num_timed: int
    seconds: float | None

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "rows": self.num_rows,
            "would_fail": self.num_wrong,
            "tasks": self.tasks,
            "wrong": [{"sample_id": sample_id, "error": reason} for sample_id, reason in self.wrong],
            "timed_rows": self.num_timed,
            "seconds": self.seconds,
        }


def look_through(settings: BatchSettings, model: Model) -> DryRun:
    """Read every row and open every picture; answer a few rows to learn how long one takes, and keep nothing."""
    tasks: Counter[str] = Counter()
    wrong: list[tuple[str, str]] = []
    num_rows = num_wrong = 0
    tried: list[Prepared] = []
    rows = read_rows(settings.inputs, settings.start_idx, settings.end_idx)
    preparer = RowPreparer(settings.rows, settings.image_root)
    for prepared in prepare_ahead(rows, preparer, ahead=settings.window):
        num_rows += 1
        error = prepared.error or _refusal(prepared, settings, model)
        if error is None:
            tasks[prepared.task] += 1
            if len(tried) < min(NUM_TIMED, settings.window):
                tried.append(prepared)
        else:
            num_wrong += 1
            if len(wrong) < MOST_SHOWN:
                wrong.append((prepared.row.key, error))
    seconds = _time(tried, settings, model) * (num_rows - num_wrong) / len(tried) if tried else None
    return DryRun(num_rows, num_wrong, dict(tasks), wrong, len(tried), seconds)


def _refusal(prepared: Prepared, settings: BatchSettings, model: Model) -> str | None:
    """Why the model would refuse the row before it begins, or None."""
    try:
        request = make_request(model, prepared, settings.rows)
        cost, most = model.cost(request), model.engine.scheduler.max_cache_bytes
    except Exception as error:  # whatever is wrong with the row is its reason
        return told(error)
    if cost > most:
        return (
            f"MemoryShortError: it needs about {cost / 1e6:.0f} MB for keys and values, and there are {most / 1e6:.0f}"
        )
    return None


def _time(tried: list[Prepared], settings: BatchSettings, model: Model) -> float:
    started = time.perf_counter()
    for _ in Answering(model, settings.rows, settings.window).answer(iter(tried)):
        pass
    return time.perf_counter() - started
