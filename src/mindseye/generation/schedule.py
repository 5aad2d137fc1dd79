"""The times that a drawing walks through, from noise (1) to data (0)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..params import ImageParams


@dataclass(frozen=True)
class Step:
    """One update: from time `t` by `dt`, guided or not."""

    t: float
    dt: float
    is_guided: bool


def make_schedule(params: ImageParams) -> list[Step]:
    """`num_timesteps` points, bent towards noise by `timestep_shift`, as `num_timesteps - 1` updates."""
    t = torch.linspace(1, 0, params.num_timesteps)
    t = params.timestep_shift * t / (1 + (params.timestep_shift - 1) * t)
    low, high = params.cfg_interval
    guided = (t > low) & (t <= high)  # compared in float32, as the reference does
    return [Step(*row) for row in zip(t[:-1].tolist(), (t[:-1] - t[1:]).tolist(), guided[:-1].tolist(), strict=True)]
