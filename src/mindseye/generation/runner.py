"""The thread that owns an engine.

It runs while there is work, sleeps when there is none and ends when nothing came for a while; the next request
starts another. Everybody else talks to it from any thread, or from asyncio, through the jobs that `submit` returns.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch

from ..errors import MindseyeError
from .engine import Engine, Stats
from .job import Job, Listener
from .work import Story

IDLE_SECONDS = 0.1
LONGEST_SLEEP = 3600.0
PATIENCE_AT_EXIT = 10.0
NUM_WAITS_FOR_START = 20
Result = TypeVar("Result")


class Runner:
    """Runs the requests of an engine in a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._changed = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        self._is_closed = self._has_news = self._has_ended = False
        self._num_threads = torch.get_num_threads()
        _RUNNERS.add(self)

    def submit(
        self, story: Story[str], on_event: Listener | None = None, cost: int = 0, deadline: float | None = None
    ) -> Job:
        """Take in a request, from any thread; errors as in `Engine.submit`.

        Listen with `for event in job`, `async for event in job` or `on_event`, which is called in the runner's thread;
        `job.wait()` gives all events, `job.cancel()` stops it.
        """
        with self._changed:
            if self._is_closed:
                raise MindseyeError("this model was closed; load it again")
            self._num_threads = torch.get_num_threads()
            job = self.engine.submit(story, on_event, cost, deadline)
            job.belongs_to(self)
            if self._has_ended or self._thread is None or not self._thread.is_alive():
                if self._thread is not None:
                    self._thread.join()  # it has left its loop
                self._has_ended = False
                self._thread = threading.Thread(target=self._loop, name="mindseye", daemon=True)
                self._thread.start()
            self.wake()
        return job

    def run(self, stories: Sequence[Story[str]]) -> list[Job]:
        """Run requests to their ends together; whatever interrupts the wait (Ctrl-C) cancels them."""
        jobs: list[Job] = []
        with cancelled_together(jobs):
            jobs += (self.submit(story) for story in stories)
            for job in jobs:
                job.wait_for_end()
        return jobs

    def stats(self) -> Stats:
        """What is going on at this moment."""
        return self.engine.stats()

    def close(self, finish: bool = True, patience: float | None = None) -> None:
        """Take no more requests and end the thread: when all are finished, or at once, which cancels them.

        It waits for the thread at most `patience` seconds.
        """
        with self._changed:
            self._is_closed = True
            thread = self._thread
            self.wake()
        if not finish:
            scheduler = self.engine.scheduler
            for job in [*scheduler.running, *scheduler.waiting]:
                job.cancel()
        if thread is not None and thread is not threading.current_thread():
            _join(thread, patience)

    def forget_thread(self) -> None:
        """In a forked child, where the thread does not exist and its requests are the parent's."""
        self.engine.forget_all()
        self._changed = threading.Condition(threading.RLock())
        self._thread = None

    def wake(self) -> None:
        """Look again at what is to be done."""
        with self._changed:
            self._has_news = True
            self._changed.notify_all()

    def is_here(self) -> bool:
        """Whether the caller is the runner's own thread."""
        return threading.current_thread() is self._thread

    def check_place(self) -> None:
        """Raise MindseyeError where a listener would wait for the thread that it runs in."""
        if self.is_here():
            raise MindseyeError("a listener waits for the thread that it runs in; let it return, and wait elsewhere")

    def _loop(self) -> None:
        torch.set_num_threads(num_threads := self._num_threads)
        while True:
            if num_threads != self._num_threads:
                torch.set_num_threads(num_threads := self._num_threads)
            self._has_news = False  # what comes from here on is seen by this step or keeps the thread awake after it
            try:
                is_busy = self.engine.step()
            except BaseException as error:  # a defect of the engine itself: nobody may wait for ever
                self.engine.fail_all(MindseyeError(f"the engine failed: {error!r}"))
                continue
            seconds = self.engine.idle_seconds() if is_busy else IDLE_SECONDS
            if seconds and not self._sleep(seconds, is_busy):
                return

    def _sleep(self, seconds: float, is_busy: bool) -> bool:
        """Wait for something new; False when the thread should end."""
        ends_at = time.monotonic() + seconds
        with self._changed:
            is_over = self._is_closed and not is_busy
            while not self._has_news and not is_over and (left := ends_at - time.monotonic()) > 0:
                self._changed.wait(min(left, LONGEST_SLEEP))
                is_over = self._is_closed and not is_busy
            if is_busy or self.engine.scheduler.waiting or (self._has_news and not is_over):
                return True
            self._has_ended = True  # kept to be joined: no thread may be on its way out when the interpreter goes
            return False


def _join(thread: threading.Thread, patience: float | None) -> None:
    """Wait for a thread, also for one whose start Ctrl-C interrupted: it has begun a moment later, or never will."""
    for _ in range(NUM_WAITS_FOR_START):
        try:
            return thread.join(patience)
        except RuntimeError:  # not started yet
            time.sleep(0.01)


def in_own_thread(work: Callable[[], Result]) -> Result:
    """Do some work in a thread that ends with it.

    The OpenMP library lets threads sleep where more of them exist than there are cores, which doubles the time of
    small passes. A caller whose thread never computed has none of them.
    """
    found: list[Result] = []
    errors: list[BaseException] = []
    ended = threading.Event()

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            errors.append(error)
        finally:
            ended.set()

    thread = threading.Thread(target=run, name="mindseye-load", daemon=True)
    try:
        thread.start()
        ended.wait()  # no join: one that is interrupted takes the thread for dead (Python 3.11)
    except KeyboardInterrupt:
        _interrupt(thread, ended)
        raise
    thread.join()
    if errors:
        raise errors[0]
    return found[0]


def _interrupt(thread: threading.Thread, ended: threading.Event) -> None:
    """Raise KeyboardInterrupt in a thread and wait for its end: none may be inside torch when the interpreter goes."""
    waits = iter(range(NUM_WAITS_FOR_START))
    while thread.ident is None and next(waits, None) is not None:  # the start itself was interrupted
        time.sleep(0.01)
    if thread.ident is None:
        return
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt))
    while thread.is_alive() and not ended.wait(0.05):
        pass
    thread.join()


@contextmanager
def cancelled_together(jobs: Sequence[Job]) -> Iterator[None]:
    """Cancel all jobs where something interrupts the wait for them."""
    try:
        yield
    except BaseException:
        for job in jobs:
            job.cancel()
        raise


_RUNNERS: weakref.WeakSet[Runner] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """A thread inside the network when the interpreter goes would take the process down with it."""
    for runner in list(_RUNNERS):
        runner.close(finish=False, patience=PATIENCE_AT_EXIT)


def _forget_threads() -> None:
    for runner in list(_RUNNERS):
        runner.forget_thread()


os.register_at_fork(after_in_child=_forget_threads)
