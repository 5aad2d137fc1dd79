"""The training loop: a step for each batch of the stream, until the last step or a request to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..settings import check_ranges
from .ahead import WorkerError
from .curves import Curves, as_line
from .optimizer import OptimizerSettings
from .resume import TrainState, save_state
from .step import Numbers, Step
from .stopping import Stop
from .streams.stream import Stream

Say = Callable[[str], None]
Show = Callable[[TrainState], None]
"""Looks at a run after each step; its time is not training's."""
Watch = Callable[[TrainState], Mapping[str, float]]
"""Looks at a run at each report and returns numbers for its curves, such as a score on held-out samples."""


@dataclass(frozen=True)
class SavingSettings:
    """When the state is written and the curves are drawn."""

    every_minutes: float = 3.0
    report_every: int = 20
    """Steps between two lines of the curves."""
    tensorboard: bool = False
    """Also write the curves for TensorBoard (extra `train`)."""

    def __post_init__(self) -> None:
        check_ranges(self, every_minutes=(0.0, 1e6), report_every=(1, 1_000_000))


@dataclass
class Tally:
    """Sums since the last report."""

    started: float = field(default_factory=time.monotonic)
    core_started: float = field(default_factory=time.process_time)
    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, numbers: Mapping[str, float | None]) -> None:
        for name, value in numbers.items():
            if value is not None:
                self.sums[name] = self.sums.get(name, 0.0) + value
                self.counts[name] = self.counts.get(name, 0) + 1

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What happens meanwhile takes no time."""
        clock, core = time.monotonic(), time.process_time()
        yield
        self.started += time.monotonic() - clock
        self.core_started += time.process_time() - core

    def line(self, step: int, rate: float) -> dict[str, float]:
        """Means of losses and speeds."""
        seconds = time.monotonic() - self.started
        means = {name: round(value / self.counts[name], 5) for name, value in self.sums.items()}
        speeds = {f"{n}_per_second": round(self.sums.get(n, 0.0) / seconds, 1) for n in ("tokens", "samples")}
        return {"step": step, **means, **speeds, "learning_rate": rate, "seconds": round(seconds, 2), **self._core()}

    def _core(self) -> dict[str, float]:
        """Time on the processor, which other programs do not lengthen much."""
        return {"core_seconds": round(time.process_time() - self.core_started, 2)}


@dataclass(frozen=True)
class Trainer:
    """A run: steps, their pace, and the folder that it lives in. It knows neither its stream nor its objective."""

    step: Step
    pace: OptimizerSettings
    folder: Path
    saving: SavingSettings = field(default_factory=SavingSettings)

    def run(
        self, state: TrainState, say: Say, stop: Stop, watch: Watch | None = None, show: Show | None = None
    ) -> bool:
        """Train from where `state` is; True when all steps are done, False when asked to stop before.

        Of several processes the first one writes and speaks.
        """
        pace, processes, saving = pace_of(self.pace, state), self.step.processes, self.saving
        losses = list(self.step.objective.weights)
        curves = Curves(self.folder, state.step, losses, saving.tensorboard) if processes.is_first else None
        tally, saved = Tally(), time.monotonic()
        while state.step < pace.num_steps and not processes.any(stop.asked):
            try:
                tally.add(self.step(state, pace))
            except WorkerError:
                if curves:
                    self.save(state, curves)
                raise
            if state.step % saving.report_every == 0:
                line = tally.line(state.step, pace.learning_rate_at(state.step - 1))
                line |= watch(state) if watch else {}
                if curves:
                    curves.add(line)
                    say(as_line(line))
                tally = Tally()
            if show:
                with tally.paused():
                    show(state)
            if curves and time.monotonic() - saved > 60 * saving.every_minutes:
                self.save(state, curves)
                saved = time.monotonic()
        if curves:
            self.save(state, curves)
        processes.wait()
        return state.step >= pace.num_steps

    def over(self, stream: Stream) -> Trainer:
        """The same run over another stream."""
        return replace(self, step=replace(self.step, stream=stream))

    def save(self, state: TrainState, curves: Curves) -> None:
        """The state and the picture of the curves."""
        save_state(state, self.folder)
        curves.draw()


def pace_of(pace: OptimizerSettings, state: TrainState) -> OptimizerSettings:
    """The settings, or their shortened form when the run was told to finish."""
    if state.ending is None:
        return pace
    num_steps, num_decay_steps = state.ending
    return pace.finishing_in(num_steps - num_decay_steps, num_decay_steps)


__all__ = ["Numbers", "SavingSettings", "Say", "Show", "Trainer", "Watch", "pace_of"]
