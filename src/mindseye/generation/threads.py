"""How many CPU threads a forward pass takes.

A pass of little work gains little from a second thread and can lose much: beside a busy program each of its many
small parallel pieces waits for the slower thread, and where the caller's own threads compute too, the OpenMP library
lets ours sleep between the pieces. So small passes take one thread while others compute, and else what was faster.
"""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import torch

SMALL_PASS = 4e9  # operations
BUSY_SHARE = 0.4  # of a core
LOOK_EVERY, STALE_AFTER = 0.2, 2.0  # seconds
TRY_AGAIN = 50  # passes
FORGETTING = 0.3  # weight of the newest measurement


class ThreadChoice:
    """The number of threads of each pass, by its size and by how fast earlier ones were."""

    def __init__(self, wanted: int | None) -> None:
        """`wanted` is taken for every pass, whatever goes on."""
        self._wanted = wanted
        self._neighbours = Neighbours()
        self._seconds: dict[tuple[int, int], float] = {}
        self._num_passes: dict[int, int] = {}

    def number(self, operations: float) -> int:
        """Threads for a pass of so many operations."""
        most = torch.get_num_threads()
        if self._wanted or most == 1 or operations >= SMALL_PASS:
            return self._wanted or most
        if self._neighbours.are_busy():
            return 1
        size = _size_class(operations)
        count = self._num_passes[size] = self._num_passes.get(size, -1) + 1
        one, all_ = (self._seconds.get((size, number)) for number in (1, most))
        if all_ is None or one is None:
            return most if all_ is None else 1
        is_trial = count % TRY_AGAIN == 0
        return 1 if (one < all_) != is_trial else most

    def note(self, operations: float, number: int, seconds: float) -> None:
        """A pass took so long with so many threads."""
        if operations < SMALL_PASS:
            key = _size_class(operations), number
            before = self._seconds.get(key, seconds)
            self._seconds[key] = before + FORGETTING * (seconds - before)


def _size_class(operations: float) -> int:
    """Passes of about the same size, within a quarter."""
    return round(4 * math.log2(max(operations, 1.0)))


class Neighbours:
    """Whether other programs compute, by the system's count of busy time and by our own."""

    def __init__(self) -> None:
        self._looked_at, self._others = -STALE_AFTER, 0.0
        self._is_busy = False
        self._look()

    def are_busy(self) -> bool:
        """Whether they took a part of a core in the last fifth of a second, or when it was last looked at."""
        if time.monotonic() - self._looked_at > LOOK_EVERY:
            self._look()
        return self._is_busy

    def _look(self) -> None:
        now, others = time.monotonic(), _seconds_of_others()
        if others is not None and now - self._looked_at < STALE_AFTER:
            self._is_busy = others - self._others > BUSY_SHARE * (now - self._looked_at)
        self._looked_at, self._others = now, others or 0.0


def _seconds_of_others() -> float | None:
    """CPU seconds that all other programs have had since the system started; None where nobody tells."""
    try:
        words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        user, nice, system, _idle, _iowait, irq, softirq = map(int, words[:7])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK") - time.process_time()
