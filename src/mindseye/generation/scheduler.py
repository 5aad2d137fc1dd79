"""Who goes into the next forward pass, and who may come in at all.

Requests wait in a queue until there is a place and memory for them. Those that run write (which includes reading) or
draw; where both do, their time is shared: passes of writing alone go between the drawing's steps, as many as the
writers' share allows, and a drawing's pass takes along those who write a little.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import InputError, MemoryShortError, OverloadedError
from ..networks.caches import check_kind
from ..params import check_types
from .job import Job, Kind
from .work import Feed

MB = 1e6
RIDERS = 4  # a drawing's pass takes along writers with at most one token for so many of its own


@dataclass(frozen=True)
class EngineConfig:
    """How many requests share a model, and how."""

    max_tokens_per_pass: int = 32768
    """Most tokens of one forward pass (1 or more)."""
    max_chunk: int = 512
    """Longer texts are read in pieces of so many tokens, so that others can write between (1 or more)."""
    max_running: int = 64
    """Most requests that run at once (1 or more); others wait."""
    max_waiting: int | None = None
    """Most requests that wait; one more is refused with OverloadedError. None for any number."""
    max_cache_bytes: int | None = None
    """Most bytes of keys and values that running requests may need by estimate; None for half of what is free."""
    prefix_cache_bytes: int | None = None
    """Most bytes of keys and values kept to be found again; 0 for none, None for those of two whole contexts."""
    writing_share: float = 0.27
    """Share of the time that writing gets while pictures are drawn (above 0, below 1)."""
    num_threads: int | None = None
    """CPU threads of a pass; None for the process's own number, and one for little work beside busy programs."""
    kv_cache: str = "auto"
    """How keys and values are kept: "chunks" for a CPU, "blocks" for other devices, "auto" for what fits the device."""

    def __post_init__(self) -> None:
        check_types(self)
        check_kind(self.kv_cache)
        for name in ("max_tokens_per_pass", "max_chunk", "max_running"):
            self._check(getattr(self, name) >= 1, name, "1 or more")
        for name in ("max_waiting", "max_cache_bytes", "prefix_cache_bytes"):
            self._check(getattr(self, name) is None or getattr(self, name) >= 0, name, "0 or more, or None")
        self._check(0 < self.writing_share < 1, "writing_share", "above 0 and below 1")
        self._check(self.num_threads is None or self.num_threads >= 1, "num_threads", "1 or more, or None")

    def _check(self, is_right: bool, name: str, expected: str) -> None:
        if not is_right:
            raise InputError(f"{name} is {getattr(self, name)!r}; expected {expected}")


class TimeShares:
    """Whose turn it is when some write and some draw."""

    def __init__(self, writing_share: float) -> None:
        self._share = writing_share
        self._owed = 0.0  # seconds that writing has had beyond its share

    def pick(self, has_writing: bool, has_drawing: bool) -> Kind:
        """The kind that is behind, or the one that is there."""
        if not (has_writing and has_drawing):
            self._owed = 0.0
            return "drawing" if has_drawing else "writing"
        return "writing" if self._owed < 0 else "drawing"

    def spend(self, kind: Kind, seconds: float) -> None:
        """Take note of a pass."""
        self._owed += seconds * (1 - self._share) if kind == "writing" else -seconds * self._share


@dataclass(frozen=True)
class Part:
    """What a job puts into one pass: all its feeds, or the first piece of a long text with the rest left over."""

    job: Job
    feeds: list[Feed]
    num_tokens: int
    rest: Feed | None = None


@dataclass(frozen=True)
class Batch:
    """The next thing to do: some jobs' parts in one forward pass, or one job's picture through the autoencoder."""

    kind: Kind
    parts: list[Part]
    picture: Job | None = None


def _num_tokens(parts: Iterable[Part]) -> int:
    return sum(part.num_tokens for part in parts)


class Scheduler:
    """The queue of those who wait, and the order of those who run."""

    def __init__(self, config: EngineConfig, max_cache_bytes: int) -> None:
        self.config = config
        self.max_cache_bytes = max_cache_bytes
        self.running: list[Job] = []
        self.waiting: deque[Job] = deque()
        self.shares = TimeShares(config.writing_share)
        self._num_turns = 0
        self._lock = threading.Lock()

    def submit(self, job: Job) -> None:
        """Put a job into the queue. May be called from any thread."""
        if job.cost > self.max_cache_bytes:
            raise MemoryShortError(
                f"the request needs about {job.cost / MB:.0f} MB for keys and values, and there are no more than "
                f"{self.max_cache_bytes / MB:.0f} MB: use smaller or fewer images, fewer tokens or less guidance, or "
                "raise max_cache_bytes"
            )
        with self._lock:
            most = self.config.max_waiting
            if most is not None and len(self.waiting) + len(self.running) >= most + self.config.max_running:
                raise OverloadedError(
                    f"{len(self.running)} requests run and {len(self.waiting)} wait, more than may; try again later"
                )
            self.waiting.append(job)

    def admit(self) -> None:
        """Let in those for whom there is a place and memory, in the order they came."""
        reserved = sum(job.cost for job in self.running) if self.waiting else 0
        while self.waiting and len(self.running) < self.config.max_running:
            cost = self.waiting[0].cost
            if self.running and reserved + cost > self.max_cache_bytes:
                return
            with self._lock:
                job = self.waiting.popleft()
                self.running.append(job)
            reserved += cost

    def drop_ended(self) -> int:
        """End those who were cancelled or are out of time, forget those who are done; returns how many."""
        now, before = time.perf_counter(), len(self.running)
        for job in self.running:
            job.check(now)
        if self.waiting:
            with self._lock:
                waiting = list(self.waiting)
            for job in waiting:
                job.check(now)
            before += sum(job.is_done for job in waiting)
            with self._lock:
                self.waiting = deque(job for job in self.waiting if not job.is_done)
        if any(job.is_done for job in self.running):
            self.running = [job for job in self.running if not job.is_done]
        return before - len(self.running)

    def seconds_until_ready(self) -> float:
        """How long everybody who runs still waits for a time to come; 0 where somebody has work."""
        if not self.running or any(job.kind != "waiting" for job in self.running):
            return 0.0
        with self._lock:
            moments = [job.ends_at for job in [*self.running, *self.waiting]]
        return max(min(*moments, *(job.ready_at for job in self.running)) - time.perf_counter(), 0.0)

    def next_batch(self) -> Batch | None:
        """What to do next, or None."""
        writing, drawing, pictures = (
            [job for job in self.running if job.kind == kind] for kind in ("writing", "drawing", "picture")
        )
        if not (writing or drawing or pictures):
            return None
        kind = self.shares.pick(bool(writing), bool(drawing or pictures))
        if kind == "writing":
            return Batch(kind, self._fill(writing))
        if pictures:
            return Batch(kind, [], self._longest_waiting(pictures)[0])
        parts = self._fill(self._longest_waiting(drawing))
        return Batch(kind, parts + self._fill(writing, _num_tokens(parts) // RIDERS))

    def _fill(self, jobs: list[Job], most: int | None = None) -> list[Part]:
        """As many jobs as a pass can take, the one that waited longest first where not all can.

        A pass takes at least one, unless they only ride along within `most` tokens.
        """
        is_riding = most is not None
        most = self.config.max_tokens_per_pass if most is None else most
        if len(jobs) > 1 and sum(job.num_tokens for job in jobs) > most:
            jobs = self._longest_waiting(jobs)
        parts: list[Part] = []
        num_tokens = 0
        for job in jobs:
            part = self._part(job)
            if (parts or is_riding) and num_tokens + part.num_tokens > most:
                continue
            num_tokens += part.num_tokens
            parts.append(part)
            self._take(job)
        return parts

    def _part(self, job: Job) -> Part:
        feeds = job.feeds
        most = min(self.config.max_chunk, self.config.max_tokens_per_pass)
        if job.num_tokens > most and len(feeds) == 1 and feeds[0].can_split:
            first, rest = feeds[0].split(most)
            return Part(job, [first], most, rest)
        return Part(job, feeds, job.num_tokens)

    def _longest_waiting(self, jobs: Iterable[Job]) -> list[Job]:
        return sorted(jobs, key=lambda job: job.num_turns)

    def _take(self, job: Job) -> None:
        self._num_turns += 1
        job.num_turns = self._num_turns
