"""The state of a run on disk: written whole or not at all, read back exactly."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..errors import SettingsError
from ..whole_files import whole_file
from .optimizer import Average

STATE_FILE = "state.pt"


@dataclass
class TrainState:
    """All that changes while training. Data and noise follow from the step, so no generator is kept."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    average: Average | None
    """None where nobody wants one."""
    step: int = 0
    """Steps that are done."""
    ending: tuple[int, int] | None = None
    """All steps and decay steps, where a running job was told to finish; else the recipe's count."""
    unsaved: frozenset[str] = frozenset()
    """Weights that are found elsewhere and never change: those of a large model that is mostly frozen."""

    def to_dict(self) -> dict[str, Any]:
        """What `load_state` reads back."""
        model = self.model.state_dict()
        return {
            "model": {name: weight for name, weight in model.items() if name not in self.unsaved},
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.weights if self.average else {},
            "step": self.step,
            "ending": self.ending,
        }


def save_state(state: TrainState, folder: Path) -> None:
    """Write the state; a crash on the way leaves the state before."""
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / STATE_FILE) as unfinished, unfinished.open("wb") as file:
        torch.save(state.to_dict(), file)
        file.flush()
        os.fsync(file.fileno())


def has_state(folder: Path) -> bool:
    """Whether a run has begun in `folder`."""
    return (folder / STATE_FILE).is_file()


def load_state(state: TrainState, folder: Path) -> None:
    """Fill `state` with what was saved; SettingsError when it is of other sizes."""
    try:
        saved = torch.load(folder / STATE_FILE, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever it likes at damaged files
        raise SettingsError(f"{folder / STATE_FILE} is damaged; remove it to begin the run anew") from error
    try:
        kept = {name: weight for name, weight in state.model.state_dict().items() if name in state.unsaved}
        state.model.load_state_dict({**saved["model"], **kept})
        state.optimizer.load_state_dict(saved["optimizer"])
    except (RuntimeError, ValueError, KeyError) as error:
        raise SettingsError(
            f"{folder / STATE_FILE} was made with other sizes than the recipe asks for ({error}); "
            "use another run_folder or the recipe it was started with"
        ) from error
    for name, weight in (state.average.weights if state.average else {}).items():
        weight.copy_(saved["average"][name])
    state.step = saved["step"]
    state.ending = tuple(saved["ending"]) if saved["ending"] else None  # type: ignore[assignment]
