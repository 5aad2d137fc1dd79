"""Fixed position tables, the timestep embedding and the connector between the ViT and the decoder."""
# P patches, L latent tokens, D hidden_size of the decoder

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TIMESTEP_FREQUENCIES = 256


class Connector(nn.Module):
    """ViT features to the decoder's width."""

    def __init__(self, vit_hidden_size: int, hidden_size: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(vit_hidden_size, hidden_size)
        self.fc2 = nn.Linear(hidden_size, hidden_size)

    def forward(self, vit_features: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(vit_features), approximate="tanh"))


def sincos_table(side: int, size: int) -> Tensor:
    """(side * side, size) sines and cosines: the first half tells the column, the second the row."""
    frequencies = 10000.0 ** (-torch.arange(size // 4, dtype=torch.float64) / (size / 4))
    angles = torch.arange(side, dtype=torch.float64)[:, None] * frequencies  # (side, size / 4)
    axis = torch.cat([angles.sin(), angles.cos()], dim=1)  # (side, size / 2)
    columns = axis[None].expand(side, side, -1)
    rows = axis[:, None].expand(side, side, -1)
    return torch.cat([columns, rows], dim=-1).reshape(side * side, size).float()


class PositionTable(nn.Module):
    """A fixed two-dimensional table that checkpoints carry along; index = row * side + column."""

    def __init__(self, side: int, hidden_size: int) -> None:
        super().__init__()
        self.side = side
        self.pos_embed = nn.Parameter(torch.empty(side * side, hidden_size), requires_grad=False)

    def reset(self) -> None:
        """Fill the table with its sines and cosines."""
        self.pos_embed.data.copy_(sincos_table(self.side, self.pos_embed.shape[1]))

    def forward(self, position_indices: Tensor) -> Tensor:
        return self.pos_embed[position_indices]


class TimestepEmbedder(nn.Module):
    """t in 0..1 to a vector of the decoder's width."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(TIMESTEP_FREQUENCIES, hidden_size), nn.SiLU(), nn.Linear(hidden_size, hidden_size)
        )

    def forward(self, t: Tensor, dtype: torch.dtype) -> Tensor:  # (L,) -> (L, D)
        half = TIMESTEP_FREQUENCIES // 2
        ramp = torch.arange(half, device=t.device, dtype=torch.float32) / half
        angles = t.float()[:, None] * torch.exp(-math.log(10000.0) * ramp)
        waves = torch.cat([angles.cos(), angles.sin()], dim=-1)
        return self.mlp(waves.to(dtype))
