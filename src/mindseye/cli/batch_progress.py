"""A batch run as it goes, on stderr: rows, pictures, tokens a second, failures, time left."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from rich import progress
from rich.console import Console

if TYPE_CHECKING:
    from ..batch.settings import BatchSettings
    from ..batch.writer import Counts

SECONDS_A_LINE = 30.0  # between lines where stderr is no terminal


class Progress:
    """A bar on a terminal, a line now and then elsewhere."""

    def __init__(self, settings: BatchSettings, is_quiet: bool) -> None:
        self._settings = settings
        self._is_quiet = is_quiet
        self._is_terminal = sys.stderr.isatty()
        self._last = time.monotonic()
        self._total = 0
        columns = (
            progress.TextColumn("rows"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.description}"),
            progress.TimeRemainingColumn(),
        )
        is_hidden = is_quiet or not self._is_terminal
        self._bar = progress.Progress(*columns, console=Console(stderr=True), transient=True, disable=is_hidden)
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> Progress:
        if not self._is_quiet:
            self._total = self._count()
        self._bar.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._bar.stop()

    def watch(self, counts: Counts, seconds: float) -> None:
        """One more row is on disk."""
        if self._is_quiet:
            return
        said = f"{counts.images} pictures, {counts.tokens / max(seconds, 1e-9):.0f} tokens/s, {counts.failed} failed"
        total = self._total - counts.before
        if self._is_terminal:
            self._bar.update(self._task, total=total, completed=counts.rows, description=said)
        elif time.monotonic() - self._last > SECONDS_A_LINE:
            self._last = time.monotonic()
            left = (total - counts.rows) * seconds / counts.rows
            print(f"{counts.rows} of {total} rows, {said}, {left:.0f} s left", file=sys.stderr, flush=True)

    def _count(self) -> int:
        from ..inputs.rows import count_rows

        settings = self._settings
        total = count_rows(settings.inputs)
        end = total if settings.end_idx is None else min(settings.end_idx, total)
        return max(end - settings.start_idx, 0)
