"""What a batch run is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError, nearest
from ..params import check_seed
from .tasks import TASKS

AUTO_BATCH_SIZE = 32  # rows; the engine lets in as many of them as its memory holds
DEFAULT_SEED = 0


@dataclass(frozen=True)
class ModelChoice:
    """Which model, and how it is loaded."""

    name: str = "pocket"
    weights: str | None = None
    device: str = "auto"
    dtype: str = "auto"


@dataclass(frozen=True)
class RowSettings:
    """How rows are answered; everything here reaches the results."""

    task: str = "auto"
    seed: int = DEFAULT_SEED
    think: bool | None = None
    system_prompt: str | None = None
    max_rounds: int = 16
    max_images: int = 8
    image_bias: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)
    """Fields of TextParams and ImageParams."""

    def __post_init__(self) -> None:
        if self.task not in ("auto", *TASKS):
            known = ("auto", *TASKS)
            raise InputError(f"task is {self.task!r}{nearest(self.task, known)}; expected one of {', '.join(known)}")
        check_seed(self.seed)


@dataclass(frozen=True)
class BatchSettings:
    """A whole run. start_idx and end_idx (exclusive) choose rows; batch_size None is AUTO_BATCH_SIZE."""

    inputs: tuple[Path, ...]
    output: Path
    model: ModelChoice = ModelChoice()
    rows: RowSettings = RowSettings()
    start_idx: int = 0
    end_idx: int | None = None
    image_root: Path | None = None
    batch_size: int | None = None
    workers: int | None = None
    """Processes, each with a model of its own; None for as many as are good for the model and the machine."""

    def __post_init__(self) -> None:
        if self.start_idx < 0:
            raise InputError(f"start_idx is {self.start_idx}; expected 0 or more")
        if self.end_idx is not None and self.end_idx < self.start_idx:
            raise InputError(f"end_idx is {self.end_idx}, which lies before start_idx {self.start_idx}")
        if self.batch_size is not None and self.batch_size < 1:
            raise InputError(f"batch_size is {self.batch_size}; expected 1 or more, or auto")
        if self.workers is not None and self.workers < 1:
            raise InputError(f"workers is {self.workers}; expected 1 or more, or auto")

    @property
    def window(self) -> int:
        """Rows that are on their way at once."""
        return self.batch_size or AUTO_BATCH_SIZE

    def that_reach_results(self) -> dict[str, Any]:
        """What must be the same when a run is resumed; batch size and workers need not be."""
        chosen: dict[str, Any] = {"start_idx": self.start_idx, "end_idx": self.end_idx}
        chosen |= {"weights": self.model.weights, "dtype": self.model.dtype}
        return {**asdict(self.rows), "options": _plain(self.rows.options), **chosen}


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON gives them back."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in sorted(options.items())}
