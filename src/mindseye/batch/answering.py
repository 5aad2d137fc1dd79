"""Rows answered by a model, in windows; where memory is short, in smaller ones. Knows no folder and no Ray."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from ..errors import CancelledError, MemoryShortError
from ..inputs.rows import Row
from .finished import Finished, answered, failed
from .requests import Prepared, RowPreparer, make_request, told
from .settings import RowSettings

if TYPE_CHECKING:
    from ..generation.turns import Request
    from ..model import Model


MOST_HELD = 64  # broken rows that wait to be written while good ones are looked for


class Answering:
    """Answers rows with one model.

    `window` rows are on their way at once and leave as they end. A row that fails for want of memory is tried again
    alone. If that helps, the window was too large and is halved; if not, it is the row that is too large.
    """

    def __init__(
        self, model: Model, settings: RowSettings, window: int, on_broken: Callable[[Finished], None] | None = None
    ) -> None:
        """`on_broken` is told at once of rows that cannot be asked; without it they come with the others."""
        self._model = model
        self._settings = settings
        self._on_broken = on_broken
        self.window = window

    def answer(
        self, prepared: Iterable[Prepared], is_stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[Finished]:
        """Finished rows in the order they end. Once `is_stopped`, no more are begun."""
        source = iter(prepared)
        while True:
            short: list[Prepared] = []
            yield from self._round(source, self.window, short, is_stopped)
            if not short:
                return
            has_helped = False
            for one in short:
                for finished in self._round(iter((one,)), 1, [], is_stopped):
                    has_helped = has_helped or finished.error is None
                    yield finished
            if has_helped:
                self.window = max(1, self.window // 2)

    def _round(
        self, source: Iterator[Prepared], window: int, short: list[Prepared], is_stopped: Callable[[], bool]
    ) -> Iterator[Finished]:
        """Rows until there are no more, or memory was short: then those for which it was are put into `short`."""
        broken: deque[Finished] = deque()
        asked: dict[int, Prepared] = {}
        is_over = False

        def requests() -> Iterator[Request]:
            nonlocal is_over
            while len(broken) < MOST_HELD:
                one = None if short or is_stopped() else next(source, None)
                if one is None:
                    is_over = True
                    return
                request = self._request(one, broken)
                if request is not None:
                    asked[id(request)] = one
                    yield request

        while not is_over:
            for request, reply in self._model.map(requests(), window):
                yield from _drained(broken)
                one = asked.pop(id(request))
                if isinstance(reply, MemoryShortError) and window > 1:
                    short.append(one)
                elif isinstance(reply, CancelledError):
                    raise reply
                elif isinstance(reply, Exception):
                    yield failed(one.row, told(reply))
                else:
                    yield answered(one, reply)
            yield from _drained(broken)

    def _request(self, one: Prepared, broken: deque[Finished]) -> Request | None:
        reason = one.error
        if reason is None:
            try:
                return make_request(self._model, one, self._settings)
            except Exception as error:  # one row's error is no other's
                reason = told(error)
        (self._on_broken or broken.append)(failed(one.row, reason))
        return None


def prepare_ahead(rows: Iterable[Row], preparer: RowPreparer, ahead: int) -> Iterator[Prepared]:
    """Rows with their pictures opened, in order, by a thread that is up to `ahead` rows early."""
    source = iter(rows)
    waiting: deque[Future[Prepared]] = deque()
    with ThreadPoolExecutor(1, "mindseye-rows") as pool:
        try:
            for row in source:
                waiting.append(pool.submit(preparer.prepare, row))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _drained(held: deque[Finished]) -> Iterator[Finished]:
    while held:
        yield held.popleft()
