"""Many requests on one network.

Each request is a story that yields events and work. `step` lets the scheduler gather the work of some of them into
one forward pass and wakes each with its result; requests join with `submit` and leave when they end, whatever the
others do. An error has one owner: who caused it is found by halving the pass, and fails alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..device_memory import free_bytes
from ..errors import ONLY_UNDERSTANDS, MindseyeError
from ..events import Event
from ..networks.interface import Network
from ..networks.vae import Autoencoder
from .device import operations_of, read_back, readable, synchronize
from .job import Job, Listener, raised
from .passes import run_pass
from .prefix_cache import PrefixCache
from .scheduler import Batch, EngineConfig, Part, Scheduler
from .threads import ThreadChoice
from .work import Decode, Encode, Look, Story, Wait

UNKNOWN_MEMORY = 8 << 30  # bytes


@dataclass(frozen=True)
class Stats:
    """What an engine is doing: requests, tokens since its start, bytes of keys and values.

    `cache_bytes` are all that are held, `prefix_bytes` those of them that only wait to be found again.
    """

    waiting: int
    running: int
    finished: int
    tokens: int
    cache_bytes: int
    prefix_bytes: int


class Engine:
    """Runs requests on one network and its autoencoder. Without a network it runs stories that need none."""

    def __init__(
        self,
        network: Network | None,
        vae: Autoencoder | None,
        config: EngineConfig | None = None,
        read_back: Callable[[Tensor], Tensor] = read_back,
    ) -> None:
        self.network = network
        self.vae = vae
        self.config = config or EngineConfig()
        most = self.config.max_cache_bytes
        self.device = _device(network)
        if network is not None:
            network.caches.use(self.config.kv_cache)
        self.prefixes = PrefixCache(_prefix_bytes(network, self.config))
        self.scheduler = Scheduler(
            self.config, (free_bytes(self.device) or UNKNOWN_MEMORY) // 2 if most is None else most
        )
        self._read_back = read_back
        self._threads = ThreadChoice(self.config.num_threads)
        self._num_finished = self._num_tokens = 0
        self._lock = threading.RLock()

    def submit(
        self, story: Story[str], on_event: Listener | None = None, cost: int = 0, deadline: float | None = None
    ) -> Job:
        """Take in a request; it joins the others at the next step. May be called from any thread.

        `cost` is what its keys and values will take in bytes, by estimate. Raises MemoryShortError where that is more
        than there will ever be, OverloadedError where too many wait.
        """
        job = Job(story, on_event, cost, deadline)
        self.scheduler.submit(job)
        return job

    def step(self) -> bool:
        """Do one thing for everybody who can take part; False when nobody is left. One thread at a time."""
        with self._lock:
            self._num_finished += self.scheduler.drop_ended()
            self.scheduler.admit()
            self._wake(self.scheduler.running)
            looking = [job for job in self.scheduler.running if job.kind == "looking"]
            batch = None if looking else self.scheduler.next_batch()
            if looking:
                self._look(looking)
                self._wake(looking)
            if batch is not None:
                started = time.perf_counter()
                self._run(batch)
                self.scheduler.shares.spend(batch.kind, time.perf_counter() - started)
                self._wake([batch.picture] if batch.picture else [part.job for part in batch.parts])
            return bool(self.scheduler.running or self.scheduler.waiting)

    def idle_seconds(self) -> float:
        """How long nothing can be done, because everybody waits for a time to come."""
        return self.scheduler.seconds_until_ready()

    def run(self, stories: Sequence[Story[str]]) -> list[Job]:
        """Run requests to their ends in this thread, together; returns their jobs with all events."""
        jobs = [self.submit(story) for story in stories]
        try:
            while not all(job.is_done for job in jobs) and self.step():
                if (seconds := self.idle_seconds()) > 0:
                    time.sleep(seconds)
        finally:
            for job in jobs:
                job.is_cancelled = job.is_cancelled or not job.is_done
            if any(job.is_cancelled for job in jobs):
                with self._lock:
                    self.scheduler.drop_ended()
        return jobs

    def stream(self, story: Story[str]) -> Iterator[Event]:
        """The events of one request as they come, run in this thread; closing the iterator cancels it."""
        job, number = self.submit(story), 0
        try:
            while not job.is_done or number < len(job.events):
                while number < len(job.events):
                    number += 1
                    yield raised(job.events[number - 1])
                if not job.is_done:
                    self.step()
        finally:
            job.cancel()
            with self._lock:
                self.scheduler.drop_ended()

    def fail_all(self, error: Exception) -> None:
        """End everything with an error."""
        with self._lock:
            for job in [*self.scheduler.running, *self.scheduler.waiting]:
                job.fail(error)
            self.scheduler.drop_ended()

    def forget_all(self) -> None:
        """In a forked child: let go of all requests and of locks that a thread of the parent may hold."""
        self._lock = threading.RLock()
        self.scheduler = Scheduler(self.config, self.scheduler.max_cache_bytes)
        self.prefixes = PrefixCache(self.prefixes.max_bytes)

    def stats(self) -> Stats:
        """Counts of this moment."""
        scheduler = self.scheduler
        held = self.network.cache_shape.ledger.num_bytes if self.network else 0
        return Stats(
            waiting=len(scheduler.waiting),
            running=len(scheduler.running),
            finished=self._num_finished,
            tokens=self._num_tokens,
            cache_bytes=held,
            prefix_bytes=self.prefixes.num_bytes,
        )

    def _wake(self, jobs: Sequence[Job]) -> None:
        """Let those go on who received something, and those for whom the time has come."""
        for job in jobs:
            if isinstance(job.work, Wait) and job.ready_at <= time.perf_counter():
                job.receive(None, job.work.seconds)
            if job.kind == "nothing":
                job.wake()
        if any(job.is_done for job in jobs):
            before = len(self.scheduler.running)
            self.scheduler.running = [job for job in self.scheduler.running if not job.is_done]
            self._num_finished += before - len(self.scheduler.running)

    def _look(self, jobs: Sequence[Job]) -> None:
        """Read the numbers that these jobs want to see, all at once."""
        wanted = [job.work.numbers.flatten() for job in jobs if isinstance(job.work, Look)]
        try:
            found = self._read_back(torch.cat([numbers.float() for numbers in wanted]))
        except Exception as error:
            for job in jobs:
                job.fail(readable(error, 0))
            return
        for job, numbers in zip(jobs, found.split([len(numbers) for numbers in wanted]), strict=True):
            job.receive(numbers, 0.0)

    def _run(self, batch: Batch) -> None:
        if batch.picture is not None:
            self._through_autoencoder(batch.picture)
        else:
            self._pass(batch.parts)

    def _pass(self, parts: Sequence[Part]) -> None:
        """One forward pass; where it fails, for half of the jobs at a time, until the one whose fault it is fails."""
        started = time.perf_counter()
        results = self._attempt(parts)
        if isinstance(results, Exception):
            if len(parts) == 1:
                parts[0].job.fail(readable(results, parts[0].job.num_tokens))
                return
            half = len(parts) // 2
            self._pass(parts[:half])
            self._pass(parts[half:])
            return
        seconds = time.perf_counter() - started
        for part in parts:
            mine, results = results[: len(part.feeds)], results[len(part.feeds) :]
            self._num_tokens += part.num_tokens
            if part.rest is None:
                part.job.receive(mine, seconds)
            else:
                part.job.receive_part(part.rest, part.num_tokens, seconds)

    def _attempt(self, parts: Sequence[Part]) -> list[Any] | Exception:
        """The pass's results, or its error without anything of the failed pass hanging on it."""
        assert self.network is not None
        feeds = [feed for part in parts for feed in part.feeds]
        operations = operations_of(self.network, sum(part.num_tokens for part in parts))
        threads_before, threads = torch.get_num_threads(), self._threads.number(operations)
        try:
            if threads != threads_before:
                torch.set_num_threads(threads)
            started = time.perf_counter()
            results = run_pass(self.network, feeds, self._read_back)
            synchronize(self.device)
            self._threads.note(operations, threads, time.perf_counter() - started)
            return results
        except Exception as error:
            error.__context__ = error.__cause__ = None
            return error.with_traceback(None)
        finally:
            if threads != threads_before:
                torch.set_num_threads(threads_before)

    def _through_autoencoder(self, job: Job) -> None:
        """One image at a time, so that no result depends on its neighbours."""
        work, started = job.work, time.perf_counter()
        assert isinstance(work, (Encode, Decode))
        result = self._attempt_picture(work)
        if isinstance(result, Exception):
            job.fail(readable(result, job.num_tokens))
        else:
            job.receive(result, time.perf_counter() - started)

    @torch.inference_mode()
    def _attempt_picture(self, work: Encode | Decode) -> Tensor | Exception:
        if self.vae is None:
            return MindseyeError(ONLY_UNDERSTANDS)
        try:
            go = self.vae.encode if isinstance(work, Encode) else self.vae.decode
            given = work.pixels if isinstance(work, Encode) else work.latent
            result = go(given[None].to(self.vae.device, self.vae.dtype))[0].float()
            synchronize(self.vae.device)
            return result if isinstance(work, Encode) else self._read_back(result)
        except Exception as error:
            error.__context__ = error.__cause__ = None
            return error.with_traceback(None)


def _device(network: Network | None) -> torch.device:
    return network.device if network else torch.device("cpu")


def _prefix_bytes(network: Network | None, config: EngineConfig) -> int:
    """What the prefix cache may hold: as asked, else the keys and values of two whole contexts."""
    if config.prefix_cache_bytes is not None or network is None:
        return config.prefix_cache_bytes or 0
    shape = network.cache_shape
    numbers = 2 * shape.num_layers * shape.num_key_value_heads * shape.head_dim
    return 2 * network.max_position_embeddings * numbers * shape.dtype.itemsize
