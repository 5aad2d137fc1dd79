"""What a run is told that teaches a language model to see: its parts, and stages one after the other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..errors import SettingsError
from ..networks.projector import ProjectorConfig
from ..settings import check_ranges
from .loop import SavingSettings
from .optimizer import OptimizerSettings
from .precision import PRECISIONS
from .probe import ProbeSettings
from .showing import ShowSettings
from .streams.names import NameSettings
from .streams.rows import RowSettings
from .streams.scenes import SceneSettings
from .trainable import Part

TAKEN = ("graft", "checkpoint")
"""Other folders of a run."""


@dataclass(frozen=True)
class GraftParts:
    """What is joined, as `mindseye graft` is told."""

    language_model: str
    vision_encoder: str
    image_tokens: str = "patches"
    projector: ProjectorConfig = field(default_factory=ProjectorConfig)
    start: str = "random"
    """random, or names: from the tower's classifier and the names of its classes."""
    probe: ProbeSettings = field(default_factory=ProbeSettings)
    """How that classifier is fitted where the first stage learns from scenes."""
    contrastive: bool = False
    random_init: bool = False


@dataclass(frozen=True)
class GraftStage:
    """Some steps with some parts of the model moving, on one kind of data."""

    name: str
    parts: dict[str, Part]
    """What moves, by names of parameters such as "projector.*"; everything else is frozen."""
    optimizer: OptimizerSettings
    scenes: SceneSettings | None = None
    """Learn from scenes of a pictured world."""
    names: NameSettings | None = None
    """Learn the names of a classifier's classes."""
    rows: RowSettings | None = None
    """Learn from files of rows."""
    contrastive_weight: float = 0.0
    image_loss: float = 0.0
    """Weight of a loss at the image's places too: each predicts what stands behind it."""

    def __post_init__(self) -> None:
        check_ranges(self, contrastive_weight=(0.0, 1e6), image_loss=(0.0, 1e6))
        if sum(source is not None for source in (self.scenes, self.names, self.rows)) != 1:
            raise SettingsError(f'stage "{self.name}" needs scenes, names or rows to learn from, one of them')
        if self.names is not None and self.contrastive_weight:
            raise SettingsError(
                f'stage "{self.name}": names have no texts for the contrastive loss; take scenes or rows'
            )


@dataclass(frozen=True)
class GraftRecipe:
    """One run, from parts to a checkpoint folder."""

    graft: GraftParts
    stages: tuple[GraftStage, ...]
    run_folder: str
    seed: int = 0
    threads: int | None = None
    """Threads of the CPU; None leaves PyTorch's choice."""
    precision: str = "bfloat16"
    """bfloat16 (master weights stay float32) or float32."""
    device: str = "auto"
    accumulate: int = 1
    workers: int = 0
    """Processes that make batches ahead (`ahead.py`), for an accelerator that would wait; 0 for none."""
    saving: SavingSettings = field(default_factory=SavingSettings)
    showing: ShowSettings = field(default_factory=ShowSettings)

    def __post_init__(self) -> None:
        check_ranges(self, seed=(0, 2**31 - 1), accumulate=(1, 1_000_000), workers=(0, 256))
        if self.precision not in PRECISIONS:
            raise SettingsError(f'precision is "{self.precision}"; expected bfloat16 or float32')
        names = [stage.name for stage in self.stages]
        for name in names:
            if not re.fullmatch(r"[\w-]+", name) or name in TAKEN:
                raise SettingsError(
                    f'a stage is called "{name}"; expected letters, digits, _ and -, and not {" or ".join(TAKEN)}: it '
                    "names a folder of the run"
                )
        if not names or len(set(names)) < len(names):
            raise SettingsError(f"stages are called {names}; expected one or more, each with a name of its own")
        blind = [stage.name for stage in self.stages if stage.rows is not None and not stage.rows.held_out]
        if self.showing.every and blind:
            raise SettingsError(f'stage "{blind[0]}" has nothing to show: name files of rows in rows.held_out')
        if self.graft.start not in ("random", "names"):
            raise SettingsError(f'graft.start is "{self.graft.start}"; expected random or names')
