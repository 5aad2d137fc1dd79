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


@pytest.mark.usefixtures("plain_ctrl_c")
@pytest.mark.parametrize("turn", range(5))
def test_none_is_left_behind_by_an_interruption(turn: int) -> None:
    ended, heard = [], threading.Event()

    def work() -> None:
        try:
            while True:
                time.sleep(0.001)
        finally:
            heard.set()
            time.sleep(0.2)
            ended.append(turn)

    def press() -> None:
        """Ctrl-C, and again where nothing came of it."""
        time.sleep(0.1)
        while not heard.is_set():
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            heard.wait(2)

    fingers = threading.Thread(target=press)
    fingers.start()
    with pytest.raises(KeyboardInterrupt):
        in_own_thread(work)
    fingers.join()
    assert ended == [turn]
    assert not [thread for thread in threading.enumerate() if thread.name == "mindseye-load"]
