"""Being asked to stop: every stage of a run saves what it has and goes on from there when it is begun again."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..errors import CancelledError, SettingsError
from ..whole_files import whole_file

SAVE_EVERY = 120.0  # seconds


@dataclass
class Stop:
    """Whether somebody asked the run to stop."""

    asked: bool = False

    def check(self) -> None:
        """Raise CancelledError if somebody did."""
        if self.asked:
            raise CancelledError("the run was asked to stop")


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """SIGTERM and SIGINT end the run after the step in progress, with all that is done saved; a second one at once.

    Outside of the main thread signals stay as they are.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(*_: Any) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class HalfWay:
    """A stage's network and optimizer in a file, while the stage is not finished."""

    file: Path
    stop: Stop = field(default_factory=Stop)
    _saved: float = field(default_factory=time.monotonic)

    def resume(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> int:
        """Fill both from the file, if there is one; returns the steps that are done."""
        if not self.file.is_file():
            return 0
        try:
            said = torch.load(self.file, weights_only=True)
            network.load_state_dict(said["model"])
            optimizer.load_state_dict(said["optimizer"])
            return int(said["step"])
        except Exception as error:  # torch raises whatever it likes at damaged files
            raise SettingsError(
                f"{self.file} does not fit this recipe or is damaged; remove it to begin anew"
            ) from error

    def after_step(self, step: int, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Save now and then, and when asked to stop; then it raises CancelledError. `step` counts those done."""
        if self.stop.asked or time.monotonic() - self._saved > SAVE_EVERY:
            self.save(step, network, optimizer)
        self.stop.check()

    def save(self, step: int, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Write the file, whole or not at all."""
        said = {"model": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
        with whole_file(self.file) as unfinished, unfinished.open("wb") as file:
            torch.save(said, file)
            file.flush()
            os.fsync(file.fileno())
        self._saved = time.monotonic()

    def forget(self) -> None:
        """Remove the file: what came of the stage is kept elsewhere."""
        self.file.unlink(missing_ok=True)
