"""What the decoder knows of attention: somebody answers its queries."""
# N tokens of all sequences, H query heads, G key/value heads, E head_dim

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from ..kv_cache import Growing


class Attend(Protocol):
    """Answers the queries of one layer."""

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q (N, H, E), k and v (N, G, E), all in stream order -> (N, H * E)."""
        ...


@dataclass(frozen=True)
class Row:
    """What one sequence adds in a forward pass: its slice of the `und` and of the `gen` stream."""

    cache: Growing
    und: slice
    gen: slice | None = None
    is_causal: bool = False
