"""What a grafted network asks of its eye."""
# B images, C channels, S side in px, P places of the grid, F width of a feature

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Tower(Protocol):
    """Pixels of square images -> a grid of features, row by row."""

    @property
    def image_size(self) -> int:
        """Pixels a side."""
        ...

    @property
    def grid(self) -> int:
        """Features a side."""
        ...

    @property
    def width(self) -> int:
        """Numbers of a feature."""
        ...

    def __call__(self, pixels: Tensor) -> Tensor:
        """(B, C, S, S) -> (B, P, F)."""
        ...
