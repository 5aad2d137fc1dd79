"""One running request: its story, the work it waits for, and the events that came out.

The thread that steps the engine is the only one that touches the story. Everybody else sets flags (`cancel`) and
reads events, which only ever grow in number.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Literal, Protocol

from ..errors import CancelledError, DeadlineError, MindseyeError
from ..events import Event, Failed, TurnEnd
from .device import readable
from .work import Decode, Encode, Feed, Look, Story, Tally, Wait, Work

Kind = Literal["nothing", "writing", "drawing", "picture", "waiting", "looking"]
DRAWN = ("velocity", "states")
Listener = Callable[[Event], None]


class Owner(Protocol):
    """Who runs a job in a thread of its own."""

    def wake(self) -> None:
        """Something has changed."""
        ...

    def is_here(self) -> bool:
        """Whether the caller is that thread."""
        ...

    def check_place(self) -> None:
        """Raise MindseyeError where the caller is that thread, and would wait for itself."""
        ...


class Job:
    """A request on its way through the engine.

    `cost` is what its keys and values will take in bytes, by estimate; `deadline` the seconds it may take from now on.
    """

    def __init__(
        self, story: Story[str], on_event: Listener | None = None, cost: int = 0, deadline: float | None = None
    ) -> None:
        self.cost = cost
        self.events: list[Event] = []
        self.work: Work | None = None
        self.kind: Kind = "nothing"
        self.num_tokens = 0
        self.is_done = False
        self.is_cancelled = False
        self.ready_at = 0.0
        self.num_turns = 0
        self._story = story
        self._listeners = [on_event] if on_event else []
        self._received: list[Any] = [None]
        self._counts = {"tokens_read": 0, "tokens_written": 0, "denoising_passes": 0, "tokens_reused": 0}
        self._seconds: dict[str, float] = {}
        self._started = time.perf_counter()
        self.ends_at = self._started + deadline if deadline else float("inf")
        self._deadline = deadline
        self._changed = threading.Condition()
        self._owner: Owner | None = None

    @staticmethod
    def failed(error: Exception, on_event: Listener | None = None) -> Job:
        """A request that ended before it began."""

        def refuse() -> Story[str]:
            raise error
            yield

        job = Job(refuse(), on_event)
        job.wake()
        return job

    # What the engine's thread does

    @property
    def feeds(self) -> list[Feed]:
        """What it adds to the next forward pass."""
        return self.work if isinstance(self.work, list) else []

    def take(self, work: Work) -> None:
        """Wait for a piece of work; `kind` and `num_tokens` say what it is."""
        self.work, self.num_tokens = work, 0
        if isinstance(work, list):
            self.num_tokens = sum(feed.num_tokens for feed in work)
            self.kind = "drawing" if any(feed.wants in DRAWN for feed in work) else "writing"
        elif isinstance(work, Wait):
            self.kind, self.ready_at = "waiting", time.perf_counter() + work.seconds
        elif isinstance(work, Look):
            self.kind = "looking"
        else:
            self.kind = "picture"

    def receive(self, result: Any, seconds: float) -> None:
        """Take in the result of its work; `wake` goes on from there."""
        assert self.work is not None
        if not isinstance(self.work, Look):
            self._count(self.work, seconds)
        self.work, self.kind = None, "nothing"
        self._received = [result]

    def receive_part(self, rest: Feed, num_tokens: int, seconds: float) -> None:
        """The first part of a long text has been read, `rest` has not."""
        self._counts["tokens_read"] += num_tokens
        self._seconds["read"] = self._seconds.get("read", 0.0) + seconds
        self.take([rest])

    def wake(self) -> None:
        """Go on with what was received until the next piece of work or the end."""
        if not self._received or self.is_done:
            return
        result = self._received.pop()
        try:
            while True:
                said = self._story.send(result)
                result = None
                if isinstance(said, (list, Encode, Decode, Wait, Look)):
                    self.take(said)
                    return
                if isinstance(said, Tally):
                    self._counts[said.name] += said.number
                elif not self._emit(said):
                    return
        except StopIteration as stop:
            self._finish(stop.value)
        except Exception as error:  # one request's error is no other's
            self.fail(readable(error, self.num_tokens))
        except BaseException as error:
            if self._owner and self._owner.is_here():
                self.fail(self._own(error))
                return
            self._received = [None]  # Ctrl-C between two events: the next step goes on from there
            if inspect.getgeneratorstate(self._story) == inspect.GEN_CLOSED:
                self.fail(CancelledError("the request was interrupted"))
            raise

    def check(self, now: float) -> None:
        """End it if somebody cancelled it or its time is over."""
        if self.is_cancelled:
            self.fail(CancelledError("the request was cancelled"))
        elif now > self.ends_at:
            self.fail(DeadlineError(f"the request was not finished within its {self._deadline:g} seconds"))

    def fail(self, error: Exception) -> None:
        """End with an error; what the request held is freed."""
        if not self.is_done:
            self._close()
            self._emit(Failed(error))

    def _finish(self, finish: str) -> None:
        self._close()
        seconds = {**self._seconds, "total": time.perf_counter() - self._started}
        self._emit(TurnEnd(finish, seconds=seconds, **self._counts))

    def _close(self) -> None:
        self.is_done, self.work, self.kind = True, None, "nothing"
        self._story.close()

    def _count(self, work: Work, seconds: float) -> None:
        """Take note of work done: tokens by kind, time by kind."""
        stage = {Encode: "encode", Decode: "decode", Wait: "wait"}.get(type(work), "")
        if isinstance(work, list):
            if self.kind == "drawing":
                stage = "draw"
                self._counts["denoising_passes"] += 1
            elif self.num_tokens == 1 and work[0].wants == "logits":
                stage = "write"
                self._counts["tokens_written"] += 1
            else:
                stage = "read"
                self._counts["tokens_read"] += self.num_tokens
        self._seconds[stage] = self._seconds.get(stage, 0.0) + seconds

    def _emit(self, event: Event) -> bool:
        """Note an event and tell the listeners; False when one of them failed, which ends the request."""
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
        failed: Exception | None = None
        for listener in self._listeners:
            try:
                listener(event)
            except BaseException as error:  # a listener's error is its own request's and nobody else's
                self._listeners = [other for other in self._listeners if other is not listener]
                failed = failed or self._own(error)
        if failed:
            self.fail(failed)
        return failed is None

    def _own(self, error: BaseException) -> Exception:
        """The error as this request's: sys.exit() in a listener must not take along the thread that serves others.

        Ctrl-C, where a caller runs the engine in a thread of its own, is raised as it is.
        """
        if isinstance(error, Exception):
            return error
        if self._owner and self._owner.is_here():
            return MindseyeError(f"{type(error).__name__} came out of the request: {error}")
        raise error

    # What anybody may do

    def belongs_to(self, owner: Owner) -> None:
        """Whose thread runs it."""
        self._owner = owner

    def cancel(self) -> None:
        """Ask for an end; the engine's next step sees to it."""
        self.is_cancelled = True
        if self._owner:
            self._owner.wake()

    def result(self) -> list[Event]:
        """All events of a finished request; raises the error that ended it, or MindseyeError while it runs."""
        if not self._has_ended:
            raise MindseyeError("the request still runs; wait() for its end")
        if self.events and isinstance(last := self.events[-1], Failed):
            raise last.error
        return self.events

    def wait(self) -> list[Event]:
        """Wait for the end, then as `result`. Whatever interrupts the wait (Ctrl-C) cancels the request."""
        try:
            self.wait_for_end()
        except BaseException:
            self.cancel()
            raise
        return self.result()

    def wait_for_end(self) -> None:
        """Wait for the end, whatever it is. Not in a listener: that runs in the very thread it would wait for."""
        if self._owner:
            self._owner.check_place()
        with self._changed:
            while not self._has_ended:
                self._changed.wait()

    def __iter__(self) -> Iterator[Event]:
        """The events as they come; raises the error that ends it. Leaving the loop cancels the request."""
        number = 0
        if self._owner:
            self._owner.check_place()
        try:
            while True:
                with self._changed:
                    while number == len(self.events) and not self._has_ended:
                        self._changed.wait()
                    if number == len(self.events):
                        return
                    event = self.events[number]
                number += 1
                yield raised(event)
        finally:
            if not self._has_ended:
                self.cancel()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The same for asyncio."""
        loop, fresh = asyncio.get_running_loop(), asyncio.Event()

        def listen(_: Event) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(fresh.set)

        with self._changed:
            self._listeners = [*self._listeners, listen]
        number = 0
        try:
            while True:
                fresh.clear()
                while number < len(self.events):
                    number += 1
                    yield raised(self.events[number - 1])
                if self._has_ended and number == len(self.events):
                    return
                await fresh.wait()
        finally:
            if not self._has_ended:
                self.cancel()

    @property
    def _has_ended(self) -> bool:
        """Whether the last event is there; `is_done` is set a moment earlier."""
        return self.is_done and bool(self.events) and isinstance(self.events[-1], (TurnEnd, Failed))


def raised(event: Event) -> Event:
    """The event, or the error that it carries, raised."""
    if isinstance(event, Failed):
        raise event.error
    return event
