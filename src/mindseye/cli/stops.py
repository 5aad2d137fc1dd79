"""Ctrl-C and SIGTERM as an exception, so that what is begun is put away."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ..errors import MindseyeError

ASKED_AGAIN_AFTER = 0.05  # seconds


class Stopped(KeyboardInterrupt):
    """Somebody asked the program to end, by Ctrl-C or SIGTERM."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Ctrl-C and SIGTERM raise `Stopped`; only in the main thread.

    While torch is imported a stop waits: an exception there aborts the whole process, for its C++ half does not
    expect one. Another library that is interrupted may raise whatever it likes: that is a stop too.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if _is_torch_imported_now():
            again = threading.Timer(ASKED_AGAIN_AFTER, signal.raise_signal, (number,))
            again.daemon = True
            again.start()
            return
        asked.append(number)
        raise Stopped(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Stopped:
        raise
    except BaseException as error:
        if asked and not isinstance(error, (MindseyeError, SystemExit)):
            raise Stopped(asked[0]) from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_torch_imported_now() -> bool:
    """Whether torch or a part of it is half imported."""
    return any(
        name.split(".")[0] == "torch" and getattr(getattr(module, "__spec__", None), "_initializing", False)
        for name, module in list(sys.modules.items())
    )
