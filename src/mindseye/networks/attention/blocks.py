"""Attention over blocks: the number of operations a layer does not grow with the number of requests.

Once a pass the host works out who writes where and who sees what, and sends it to the device in one copy. Then each
layer is: write all new keys and values, one attention call for all rows that write, one or a few for rows that read
or draw. `varlen` makes the calls where the device has paged kernels, `gathered` elsewhere.
"""
# N tokens in stream order, T new tokens of one row, H query heads, G key/value heads, E head_dim

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ..kv_blocks import BlockCache, BlockCanvas
from ..to_device import send
from .gathered import Gathered, of_similar_shape
from .interface import Row
from .varlen import Paged, has_paged_kernels


@dataclass(frozen=True)
class NewTokens:
    """One row's new tokens: their places in stream order and the cache that has place for them."""

    cache: BlockCache | BlockCanvas
    places: list[int]
    is_causal: bool

    @property
    def num_new(self) -> int:
        return len(self.places)

    @property
    def num_seen(self) -> int:
        """Tokens that the last of them sees, itself included."""
        return self.cache.length + len(self.places)

    @property
    def is_alone(self) -> bool:
        """Whether it sees nothing but its own new tokens."""
        return self.cache.length == 0


class Group(Protocol):
    """Rows that share an attention call."""

    places: list[int]
    """Places in stream order of its answers, -1 for those that are padding."""
    lists: list[list[int]]
    """What it wants on the device."""

    def receive(self, sent: Sequence[Tensor]) -> None:
        """`lists` as tensors."""
        ...

    def __call__(self, q: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """q (N, H, E) of all rows, a layer's blocks (num_blocks, P, G, E) -> (answers, H, E)."""
        ...


class BlockAttention:
    """Each row attends to what its blocks hold and to its own new tokens."""

    def __init__(self, rows: Sequence[Row], num_und: int) -> None:
        new = [_new_tokens(row, num_und) for row in rows]
        self.pool = new[0].cache.pool
        assert all(row.cache.pool is self.pool for row in new)
        self.groups = _groups([row for row in new if row.places])
        answered = [place for group in self.groups for place in group.places]
        copies = [row.cache.copy for row in new if row.cache.copy]
        lists = [[block.number for block in blocks] for blocks in (zip(*copies, strict=True) if copies else ((), ()))]
        lists += [_slots(new), _where(answered), *(numbers for group in self.groups for numbers in group.lists)]
        sources, targets, self.slots, where, *sent = send(lists, self.pool.shape.device)
        if copies:
            self.pool.copy(sources, targets)
        self._where = None if answered == list(range(len(answered))) else where
        for group in self.groups:
            group.receive(sent[: len(group.lists)])
            sent = sent[len(group.lists) :]

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        keys, values = self.pool.write(layer, self.slots, k, v)
        answers = [group(q, keys, values) for group in self.groups]
        whole = answers[0] if len(answers) == 1 else torch.cat(answers)
        if self._where is not None:
            whole = whole.index_select(0, self._where)
        return whole.flatten(1)


def _new_tokens(row: Row, num_und: int) -> NewTokens:
    assert isinstance(row.cache, (BlockCache, BlockCanvas))
    places = list(range(row.und.start, row.und.stop))
    if row.gen:
        places += range(num_und + row.gen.start, num_und + row.gen.stop)
    return NewTokens(row.cache, places, row.is_causal)


def _groups(rows: Sequence[NewTokens]) -> list[Group]:
    writing = [row for row in rows if row.num_new == 1]
    reading = [row for row in rows if row.num_new > 1 and row.is_causal]
    others = [row for row in rows if row.num_new > 1 and not row.is_causal]
    if has_paged_kernels(rows[0].cache.shape):
        return [Paged(some) for some in (writing, reading, others) if some]
    alone = [row for row in reading if row.is_alone]
    going_on = [row for row in reading if not row.is_alone]
    alike = [some for kind in (alone, going_on, others) for some in of_similar_shape(kind)]
    return [Gathered(some) for some in ([writing] if writing else []) + alike]


def _slots(rows: Sequence[NewTokens]) -> list[int]:
    """Where each token is written, in stream order."""
    found = [0] * sum(row.num_new for row in rows)
    for row in rows:
        for place, slot in zip(row.places, row.cache.slots(row.num_new), strict=True):
            found[place] = slot
    return found


def _where(answered: Sequence[int]) -> list[int]:
    """For each token in stream order, which of the answers is its own."""
    found = [0] * (max(answered) + 1)
    for number, place in enumerate(answered):
        if place >= 0:
            found[place] = number
    return found
