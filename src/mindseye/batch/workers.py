"""Rows answered by several processes of this machine, each with a model of its own.

A small network leaves the cores of a CPU waiting for one another: two models on a core each answer more than one on
two.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait as wait_for
from typing import Any

from ..errors import MindseyeError
from .actor import ActorPlan, RowActor
from .finished import Finished
from .identity import fingerprint
from .pending import PendingRows
from .settings import BatchSettings

SMALL_MODEL = 100e6  # bytes of weights up to which a CPU gets a process a core
MOST_BY_ITSELF = 8  # processes that are started without being asked for
AHEAD = 4  # rows that a worker is given beyond its window, so that it never waits for the next
PATIENCE = 1.0  # seconds between looks at whether everybody is alive


class WorkerEngine:
    """Processes that answer rows in windows."""

    def __init__(self, settings: BatchSettings, num_workers: int) -> None:
        self.model_sha256 = fingerprint(settings.model)
        self.facts: dict[str, Any] = {"engine": "local", "workers": num_workers, "batch_size": settings.window}
        self.notes: tuple[str, ...] = ()
        self._limit = settings.window + AHEAD
        context = multiprocessing.get_context("spawn")
        self._tasks: list[Any] = [context.Queue() for _ in range(num_workers)]
        self._results: Any = context.Queue()
        self._stopping = context.Event()
        plan = ActorPlan.of(settings, threads=max(1, num_cores() // num_workers))
        self._workers = [
            context.Process(
                target=_work, args=(number, _plan_for(plan, number), tasks, self._results, self._stopping), daemon=True
            )
            for number, tasks in enumerate(self._tasks)
        ]
        for worker in self._workers:
            worker.start()
        for _ in self._workers:
            _, self.notes = self._receive()  # each says so when its model is loaded; the run's time begins then

    def answer(self, rows: PendingRows, is_stopped: Callable[[], bool]) -> Iterator[Finished]:
        """Finished rows in the order they end."""
        coming = iter(rows)
        in_flight = [0] * len(self._workers)
        num_working, is_over = len(self._workers), False
        while num_working:
            while not is_over and (fewest := min(in_flight)) < self._limit:
                row = None if is_stopped() else next(coming, None)
                if row is None:
                    is_over = True
                    for tasks in self._tasks:
                        tasks.put(None)
                else:
                    number = in_flight.index(fewest)
                    self._tasks[number].put(row)
                    in_flight[number] += 1
            if is_stopped():
                self._stopping.set()
            number, found = self._receive(is_stopped)
            if found is None:
                num_working -= 1
            elif found is not _NOTHING:
                in_flight[number] -= 1
                yield found

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.terminate()

    def _receive(self, is_stopped: Callable[[], bool] | None = None) -> tuple[int, Any]:
        """A worker's number and what it sends next; raises its error, or MindseyeError when one has died."""
        while True:
            try:
                found = self._results.get(timeout=PATIENCE)
            except queue.Empty:
                dead = [worker for worker in self._workers if worker.exitcode not in (None, 0)]
                if dead:
                    raise MindseyeError(
                        f"a worker process died (exit status {dead[0].exitcode}); where memory is short, use fewer"
                    ) from None
                if is_stopped and is_stopped() and not self._stopping.is_set():
                    return 0, _NOTHING
                continue
            if isinstance(found[1], BaseException):
                raise found[1]
            return found


_NOTHING = object()


def num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers_for(settings: BatchSettings) -> int:
    """As many processes as are good by themselves: one a core for a small model on a CPU, one a GPU, else one."""
    import torch

    from ..checkpoints.locate import find_folder

    if settings.workers is not None:
        return settings.workers
    if settings.model.name == "fake" or settings.model.device not in ("auto", "cpu"):
        return 1
    if settings.model.device == "auto" and torch.cuda.is_available():
        return torch.cuda.device_count()
    folder = find_folder(settings.model.name, settings.model.weights)
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    return min(num_cores(), MOST_BY_ITSELF) if size <= SMALL_MODEL else 1


def _plan_for(plan: ActorPlan, number: int) -> ActorPlan:
    """The plan of one worker: where there are several GPUs, each has its own."""
    import torch

    num_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if plan.model.device != "auto" or num_gpus < 2:
        return plan
    return dataclasses.replace(plan, model=dataclasses.replace(plan.model, device=f"cuda:{number % num_gpus}"))


def _work(number: int, plan: ActorPlan, tasks: Any, results: Any, stopping: Any) -> None:
    """The life of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all; whoever started this one decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    try:
        # whoever feeds this one sends more only for what it has got: broken rows must not wait for good ones
        actor = RowActor(plan, on_broken=lambda finished: results.put((number, finished)))
        results.put((number, actor.model.notes))
        for finished in actor.answer(iter(tasks.get, None), stopping.is_set):
            results.put((number, finished))
        results.put((number, None))
    except Exception as error:
        told = error if isinstance(error, MindseyeError) else MindseyeError(f"{type(error).__name__}: {error}")
        results.put((number, told))


def _die_with_parent() -> None:
    """A worker whose run was killed must not go on alone."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
