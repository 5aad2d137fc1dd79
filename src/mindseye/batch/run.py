"""A batch run from its beginning, or from where it stopped, to its summary."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from ..errors import InputError, MindseyeError
from ..inputs.rows import Row, read_rows
from ..version import __version__
from .finished import Finished
from .folder import RunFolder, RunLock, new_folder, open_folder
from .identity import check_same, fingerprint, hash_files
from .pending import PendingRows
from .results import ResultsFile, put_in_order, read_results
from .settings import BatchSettings
from .writer import Counts, RunWriter, is_complete

Watch = Callable[[Counts, float], None]
"""Told after each row: what this session has done, and in how many seconds."""


class RowEngine(Protocol):
    """Answers rows: a model here, or actors somewhere."""

    model_sha256: str
    facts: dict[str, Any]
    notes: tuple[str, ...]

    def answer(self, rows: PendingRows, is_stopped: Callable[[], bool]) -> Iterator[Finished]:
        """Finished rows in any order; once `is_stopped`, no more are begun."""
        ...

    def close(self) -> None:
        """Leave nothing behind that runs."""
        ...


@dataclass(frozen=True)
class Outcome:
    """How a run ended: all rows done, or stopped on the way."""

    folder: RunFolder
    is_finished: bool
    summary: dict[str, Any]


class StoppedRunError(MindseyeError):
    """A run that ended before its last row, in a folder that can be resumed."""

    def __init__(self, reason: BaseException, folder: RunFolder) -> None:
        super().__init__(f"{reason}; what is finished is in {folder.path}: the same command with --resume goes on")


def begin(settings: BatchSettings, engine: RowEngine, resume: str | None) -> tuple[RunFolder, dict[str, Any]]:
    """A new folder, or that of the run to go on with, and the summary that stands in it.

    `resume` is None for a new run, "" for the newest run of the output folder (a new one where there is none), or a
    folder. InputError where the run to go on with was begun otherwise.
    """
    identity = _identity(settings, engine.model_sha256)
    folder = open_folder(resume, settings.output) if resume is not None else None
    if folder is not None:
        summary = folder.read_summary()
        check_same(summary.get("identity", {}), identity)
        return folder, summary
    folder = new_folder(settings.output)
    summary = {
        "status": "running",
        "identity": identity,
        "input_files": [str(path.resolve()) for path in settings.inputs],
        "image_root": str(settings.image_root.resolve()) if settings.image_root else None,
        "model": asdict(settings.model),
        "versions": _versions(),
        "sessions": [],
    }
    folder.write_summary(summary)
    return folder, summary


def check_resume(settings: BatchSettings, resume: str | None) -> None:
    """Raise InputError where `resume` names a run that was begun otherwise; asks no engine, so no model is loaded."""
    folder = open_folder(resume, settings.output) if resume is not None else None
    if folder is not None:
        check_same(folder.read_summary().get("identity", {}), _identity(settings, fingerprint(settings.model)))


def check_rows(settings: BatchSettings) -> None:
    """Raise InputError where there is no row to answer."""
    if next(_all_rows(settings), None) is not None:
        return
    start, end = settings.start_idx, settings.end_idx
    which = "no rows" if (start, end) == (0, None) else f"no rows from {start} to {'their end' if end is None else end}"
    raise InputError(f"{', '.join(map(str, settings.inputs))}: there are {which}, so there is nothing to answer")


def run(
    settings: BatchSettings,
    engine: RowEngine,
    resume: str | None = None,
    watch: Watch = lambda counts, seconds: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Do what is not done yet. Raises StoppedRunError for a full disk or another error that no row is to blame for."""
    folder, summary = begin(settings, engine, resume)
    lock = RunLock(folder)
    try:
        rows = PendingRows(settings.inputs, settings.start_idx, settings.end_idx, frozenset(_done_keys(folder)))
        session = _Session(folder, summary, engine)
        with ResultsFile(folder.results) as results:
            writer = RunWriter(folder, results, len(rows.done))
            try:
                for finished in engine.answer(rows, is_stopped):
                    writer.write(finished)
                    watch(writer.counts, session.seconds)
            except BaseException as error:
                with contextlib.suppress(MindseyeError):  # a full disk has no room for the summary either
                    session.close("stopped", writer.counts)
                if isinstance(error, (MindseyeError, OSError)):
                    raise StoppedRunError(error, folder) from error
                raise
        is_finished = not is_stopped() or _is_all_done(settings, folder)
        if is_finished:
            put_in_order(folder.results, (row.key for row in _all_rows(settings)))
        return Outcome(folder, is_finished, session.close("finished" if is_finished else "stopped", writer.counts))
    finally:
        lock.release()


class _Session:
    """One start of the program on a run, as the summary tells it."""

    def __init__(self, folder: RunFolder, summary: dict[str, Any], engine: RowEngine) -> None:
        self._folder = folder
        self._summary = summary
        self._engine = engine
        self._started = time.perf_counter()
        self._began = datetime.now().astimezone().isoformat(timespec="seconds")

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.perf_counter() - self._started

    def close(self, status: str, counts: Counts) -> dict[str, Any]:
        """Write the summary with this session in it; returns it."""
        seconds = self.seconds
        ended = datetime.now().astimezone().isoformat(timespec="seconds")
        session = {"began": self._began, "ended": ended, "seconds": round(seconds, 3), **asdict(counts)}
        session["throughput"] = {
            "rows_per_second": round(counts.rows / seconds, 4),
            "images_per_second": round(counts.images / seconds, 4),
            "tokens_per_second": round(counts.tokens / seconds, 4),
        }
        summary = {
            **self._summary,
            "status": status,
            "counts": _total(self._folder),
            "sessions": [*self._summary["sessions"], {**session, **self._engine.facts}],
        }
        self._folder.write_summary(summary)
        return summary


def _identity(settings: BatchSettings, model_sha256: str) -> dict[str, Any]:
    return {
        "settings": settings.that_reach_results(),
        "input_sha256": hash_files(settings.inputs),
        "model_sha256": model_sha256,
    }


def _all_rows(settings: BatchSettings) -> Iterator[Row]:
    return read_rows(settings.inputs, settings.start_idx, settings.end_idx)


def _done_keys(folder: RunFolder) -> set[str]:
    """Keys of the rows that are finished, pictures included."""
    if not folder.results.exists():
        return set()
    return {str(line["sample_id"]) for line in read_results(folder.results) if is_complete(folder, line)}


def _is_all_done(settings: BatchSettings, folder: RunFolder) -> bool:
    done = _done_keys(folder)
    return all(row.key in done for row in _all_rows(settings))


def _total(folder: RunFolder) -> dict[str, int]:
    """What results.jsonl holds."""
    total = failed = images = 0
    for line in read_results(folder.results):
        total, images = total + 1, images + line["num_generated_images"]
        failed += "error" in line
    return {"total": total, "successful": total - failed, "failed": failed, "images": images}


def _versions() -> dict[str, str]:
    import numpy
    import PIL
    import torch

    return {
        "mindseye": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "pillow": PIL.__version__,
    }
