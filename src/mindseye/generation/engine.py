"""Many requests at once.

Each request is a story that yields events and work. `step` gathers the work of all of them into one forward pass
and wakes each with its result; requests join with `submit` and leave when they end, whatever the others do.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from ..errors import ONLY_UNDERSTANDS, CancelledError, MemoryShortError, MindseyeError
from ..events import Event, Failed, TurnEnd
from ..networks.unified import UnifiedModel
from ..networks.vae import Autoencoder
from .passes import run_pass
from .work import Decode, Encode, Feed, Story, Work

MOST_TOKENS_A_PASS = 32768


class Job:
    """One running request: its story, the work it waits for, and the events that came out."""

    def __init__(self, number: int, story: Story[str], on_event: Callable[[Event], None] | None) -> None:
        self.number = number
        self.events: deque[Event] = deque()
        self.is_done = False
        self._story = story
        self._on_event = on_event
        self.work: Work | None = None
        self._counts = {"tokens_read": 0, "tokens_written": 0, "denoising_passes": 0}
        self._seconds: dict[str, float] = {}
        self._started = time.perf_counter()

    @property
    def num_tokens(self) -> int:
        """Tokens of the work it waits for."""
        return sum(feed.num_tokens for feed in self.feeds)

    @property
    def feeds(self) -> list[Feed]:
        """What it adds to the next forward pass."""
        return self.work if isinstance(self.work, list) else []

    def wake(self, result: Any) -> None:
        """Go on with `result` until the next piece of work or the end."""
        try:
            said = self._story.send(result)
            while not isinstance(said, (list, Encode, Decode)):
                self.emit(said)
                if self.is_done:
                    return
                said = self._story.send(None)
            self.work = said
        except StopIteration as stop:
            self._finish(stop.value)
        except Exception as error:  # one request's error is no other's
            self.fail(error)

    def count(self, work: Work, seconds: float) -> None:
        """Take note of work done: tokens by kind, time by kind."""
        stage = {Encode: "encode", Decode: "decode"}.get(type(work), "")
        if isinstance(work, list):
            if any(feed.wants in ("velocity", "states") for feed in work):
                stage = "draw"
                self._counts["denoising_passes"] += 1
            elif any(feed.wants == "logits" and feed.num_tokens == 1 for feed in work):
                stage = "write"
                self._counts["tokens_written"] += 1
            else:
                stage = "read"
                self._counts["tokens_read"] += self.num_tokens
        self._seconds[stage] = self._seconds.get(stage, 0.0) + seconds

    def emit(self, event: Event) -> None:
        self.events.append(event)
        if self._on_event:
            self._on_event(event)

    def fail(self, error: Exception) -> None:
        """End with an error; the memory of the request is freed."""
        self._close()
        self.emit(Failed(error))

    def cancel(self) -> None:
        """Stop before the next step."""
        if not self.is_done:
            self.fail(CancelledError("the request was cancelled"))

    def _finish(self, finish: str) -> None:
        self._close()
        seconds = {**self._seconds, "total": time.perf_counter() - self._started}
        self.emit(TurnEnd(finish, seconds=seconds, **self._counts))

    def _close(self) -> None:
        self.is_done, self.work = True, None
        self._story.close()


class Engine:
    """Runs requests on one network and its autoencoder."""

    def __init__(self, network: UnifiedModel, vae: Autoencoder | None) -> None:
        self.network = network
        self.vae = vae
        self._jobs: list[Job] = []
        self._arrivals: deque[Job] = deque()
        self._numbers = itertools.count()
        self._lock = threading.RLock()

    def submit(self, story: Story[str], on_event: Callable[[Event], None] | None = None) -> Job:
        """Take in a request; it joins the others at the next step. May be called from any thread."""
        job = Job(next(self._numbers), story, on_event)
        self._arrivals.append(job)
        return job

    def step(self) -> bool:
        """Advance every request by one piece of work; False when none is left. May be called from any thread."""
        with self._lock:
            self._admit()
            self._run_autoencoder([job for job in self._jobs if isinstance(job.work, (Encode, Decode))])
            self._run_network([job for job in self._jobs if isinstance(job.work, list)])
            self._jobs = [job for job in self._jobs if not job.is_done]
            return bool(self._jobs or self._arrivals)

    def run(self, stories: Sequence[Story[str]]) -> list[Job]:
        """Run requests to their ends together; returns their jobs with all events."""
        jobs = [self.submit(story) for story in stories]
        try:
            while not all(job.is_done for job in jobs) and self.step():
                pass
        finally:
            with self._lock:
                for job in jobs:
                    job.cancel()
        return jobs

    def stream(self, story: Story[str]) -> Iterator[Event]:
        """The events of one request as they come; closing the iterator cancels it."""
        job = self.submit(story)
        try:
            while not job.is_done or job.events:
                while job.events:
                    yield job.events.popleft()
                if not job.is_done:
                    self.step()
        finally:
            with self._lock:
                job.cancel()

    def _admit(self) -> None:
        while self._arrivals:
            job = self._arrivals.popleft()
            if not job.is_done:
                job.wake(None)
                if not job.is_done:
                    self._jobs.append(job)

    def _run_network(self, jobs: list[Job]) -> None:
        while jobs:
            taken: list[Job] = []
            num_tokens = 0
            while jobs and (not taken or num_tokens + jobs[0].num_tokens <= MOST_TOKENS_A_PASS):
                num_tokens += jobs[0].num_tokens
                taken.append(jobs.pop(0))
            self._pass(taken)

    def _pass(self, jobs: list[Job]) -> None:
        """One forward pass for some jobs; where memory is short, for half of them at a time."""
        feeds = [feed for job in jobs for feed in job.feeds]
        started = time.perf_counter()
        try:
            results = run_pass(self.network, feeds)
        except (RuntimeError, MemoryError) as error:
            if not _is_memory_short(error):
                raise
            if len(jobs) == 1:
                jobs[0].fail(_memory_error(jobs[0], error))
                return
            self._pass(jobs[: len(jobs) // 2])
            self._pass(jobs[len(jobs) // 2 :])
            return
        seconds = time.perf_counter() - started
        for job in jobs:
            mine, results = results[: len(job.feeds)], results[len(job.feeds) :]
            self._deliver(job, mine, seconds)

    def _run_autoencoder(self, jobs: list[Job]) -> None:
        for job in jobs:
            work, started = job.work, time.perf_counter()
            assert isinstance(work, (Encode, Decode))
            try:
                result = self._through_autoencoder(work)
            except (RuntimeError, MemoryError) as error:
                if not _is_memory_short(error):
                    raise
                job.fail(_memory_error(job, error))
                continue
            self._deliver(job, result, time.perf_counter() - started)

    @torch.inference_mode()
    def _through_autoencoder(self, work: Encode | Decode) -> Tensor:
        """One image at a time, so that no result depends on its neighbours."""
        if self.vae is None:
            raise MindseyeError(ONLY_UNDERSTANDS)
        weight = next(self.vae.parameters())
        if isinstance(work, Encode):
            return self.vae.encode(work.pixels[None].to(weight.device, weight.dtype))[0].float()
        return self.vae.decode(work.latent[None].to(weight.device, weight.dtype))[0].float()

    @staticmethod
    def _deliver(job: Job, result: Any, seconds: float) -> None:
        if job.is_done:  # cancelled meanwhile
            return
        assert job.work is not None
        job.count(job.work, seconds)
        job.work = None
        job.wake(result)


def _is_memory_short(error: BaseException) -> bool:
    words = str(error).lower()
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in words


def _memory_error(job: Job, error: BaseException) -> MemoryShortError:
    return MemoryShortError(
        f"not enough memory for {max(job.num_tokens, 1)} more tokens ({error}); use a smaller image, fewer requests "
        "at once or less guidance"
    )
