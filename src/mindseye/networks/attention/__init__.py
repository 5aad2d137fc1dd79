"""The one place that knows how attention is computed.

The decoder hands over queries, keys and values in stream order (all `und` tokens, then all `gen` tokens) and an
`Attend` object answers: `cpu` over chunks, `blocks` over blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..kv_blocks import BlockCache, BlockCanvas
from .blocks import BlockAttention
from .cpu import attend_to_chunks
from .images import attend_images, attend_within_images
from .interface import Attend, Row

__all__ = ["Attend", "Row", "attend_images", "attend_to_caches", "attend_within_images"]


def attend_to_caches(rows: Sequence[Row], num_und: int) -> Attend:
    """How these rows attend to what their caches hold, which are all of one kind, and to what is new."""
    if isinstance(rows[0].cache, (BlockCache, BlockCanvas)):
        return BlockAttention(rows, num_und)
    return attend_to_chunks(rows, num_und)
