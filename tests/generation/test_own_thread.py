"""Work in a thread of its own, and Ctrl-C while it goes on."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from mindseye.generation.runner import in_own_thread


def test_what_comes_back_and_what_is_raised() -> None:
    assert in_own_thread(lambda: threading.current_thread().name) == "mindseye-load"
    with pytest.raises(ValueError, match="no weights"):
        in_own_thread(lambda: (_ for _ in ()).throw(ValueError("no weights")))


@pytest.mark.parametrize("turn", range(5))
def test_none_is_left_behind_by_an_interruption(turn: int) -> None:
    ended = []

    def work() -> None:
        try:
            while True:
                time.sleep(0.001)
        finally:
            time.sleep(0.2)
            ended.append(turn)

    asked = threading.Timer(0.1, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    asked.start()
    with pytest.raises(KeyboardInterrupt):
        in_own_thread(work)
    assert ended == [turn]
    assert not [thread for thread in threading.enumerate() if thread.name == "mindseye-load"]
