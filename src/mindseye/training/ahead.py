"""Batches made ahead by processes of their own, or an accelerator would wait for pictures to be drawn and read."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

import torch

from ..errors import MindseyeError
from .streams.stream import Stream

AHEAD = 2  # batches under way for each worker

_stream: Stream | None = None
"""Of a worker: what it makes batches of."""


class WorkerError(MindseyeError):
    """A process that makes batches has died; the model is as it was."""


class Ahead:
    """A stream whose batches are asked for in order, `stride` apart, and are mostly there when they are asked for.

    They are the same batches: each follows from its number alone.
    """

    def __init__(self, pool: ProcessPoolExecutor, depth: int, stride: int = 1) -> None:
        self._pool, self._depth, self._stride = pool, depth, stride
        self._under_way: dict[int, Future[Any]] = {}

    def __getitem__(self, number: int, /) -> Any:
        wanted = range(number, number + self._depth * self._stride, self._stride)
        for left in self._under_way.keys() - set(wanted):
            self._under_way.pop(left).cancel()
        try:
            for one in wanted:
                if one not in self._under_way:
                    self._under_way[one] = self._pool.submit(_make, one)
            return self._under_way.pop(number).result()
        except BrokenProcessPool as error:
            raise WorkerError(
                "a process that makes batches has died, perhaps for want of memory; the run is saved and goes on with "
                "fewer workers"
            ) from error


@contextmanager
def made_ahead(stream: Stream, workers: int, stride: int = 1) -> Iterator[Stream]:
    """`stream` made by so many processes; by none, the stream itself. A script that uses this needs a main guard."""
    if not workers:
        yield stream
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(stream,))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process says when to stop
    try:
        pool.submit(int)  # starts the workers, which ignore what is ignored now
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        yield Ahead(pool, AHEAD * workers, stride)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(stream: Stream) -> None:
    global _stream
    torch.set_num_threads(1)
    _stream = stream


def _make(number: int) -> Any:
    assert _stream is not None
    return _stream[number]
