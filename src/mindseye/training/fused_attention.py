"""Attention of a packed batch for fused training: scores are never in memory, or at least few at a time."""
# N tokens in stream order, H query heads, G key/value heads, R = H // G, E head_dim, J = (H + 2 * G) * E, B samples
# of a piece and T tokens of its longest, a multiple of 16 or 32

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..networks.rope import Rotary
from .batches import PADDING, Bucket
from .kernels import Kernels

HALF = torch.bfloat16
REGISTER, TILE = 16, 32  # numbers
SCORES_AT_ONCE = 1 << 19


@dataclass(frozen=True)
class Heads:
    """How many there are of queries and of keys and values, and their width."""

    queries: int
    keys: int
    width: int
    eps: float


@dataclass(frozen=True)
class Piece:
    """Some samples of a bucket."""

    rows: Tensor
    """(B, T) int64 places in stream order, -1 for padding."""
    seen: Tensor
    """(B, T, T) bool, True where a query sees a key; for tiles (B, T, T / 8) uint8, a key's bits for the queries."""


@dataclass(frozen=True)
class Kept:
    """What the way back needs of a piece."""

    q: Tensor
    """(B, H, T, E)"""
    k: Tensor
    """(B, G, T, E)"""
    v: Tensor
    """(B, G, T, E)"""
    shares: Tensor
    """(B, H, T) float32: what scales weights to sum to 1"""
    weights: Tensor
    """(B * G, R * T, T), before they are scaled; for tiles (B, H, T) float32, the largest score of each query"""


def cut(buckets: Sequence[Bucket], for_tiles: bool) -> list[Piece]:
    """Buckets padded to whole registers and cut into pieces; to whole tiles and as they are, if they are for tiles."""
    pieces = []
    for bucket in buckets:
        batch, length = bucket.rows.shape
        multiple = TILE if for_tiles else REGISTER
        padded = -(-length // multiple) * multiple
        rows = np.full((batch, padded), PADDING, np.int64)
        seen = np.zeros((batch, padded, padded), bool)
        rows[:, :length], seen[:, :length, :length] = bucket.rows, bucket.mask
        if for_tiles:
            seen = np.packbits(np.ascontiguousarray(seen.transpose(0, 2, 1)), axis=-1, bitorder="little")
        at_once = batch if for_tiles else max(1, SCORES_AT_ONCE // (8 * padded**2))
        for first in range(0, batch, at_once):
            some = slice(first, first + at_once)
            pieces.append(Piece(torch.from_numpy(rows[some]), torch.from_numpy(seen[some])))
    return pieces


class FusedAttention:
    """One layer's answers to queries, and the way back: by tiles where the processor has them, or else by products."""

    def __init__(self, kernels: Kernels, heads: Heads, buckets: Sequence[Bucket], rotary: Rotary, num_und: int) -> None:
        self.kernels, self.heads, self.num_und = kernels, heads, num_und
        self.pieces = cut(buckets, kernels.has_tiles)
        self.rotary = (rotary.cos, rotary.sin)

    def forward(self, joint: Tensor, norms: Tensor) -> tuple[Tensor, list[Kept]]:
        """Projections (N, J) and the norms' weights (experts, 2, E) -> answers (N, H * E)."""
        seen, kept = joint.new_empty(len(joint), self.heads.queries * self.heads.width), []
        for piece in self.pieces:
            batch, length = piece.rows.shape
            q, k, v = self._spread(piece, joint, norms)
            shares = torch.empty(batch, self.heads.queries, length)
            answers, weights = (self._by_tiles if self.kernels.has_tiles else self._by_products)(q, k, v, shares, piece)
            self.kernels.run("collect", seen, answers, shares, piece.rows, batch, length)
            kept.append(Kept(q, k, v, shares, weights))
        return seen, kept

    def backward(
        self, gradient: Tensor, seen: Tensor, joint: Tensor, norms: Tensor, kept: list[Kept]
    ) -> tuple[Tensor, Tensor]:
        """Gradients of `joint` and of `norms` from that of the answers; `kept` is used up."""
        to, to_norms = torch.empty_like(joint), torch.zeros_like(norms)
        for piece in self.pieces:
            one = kept.pop(0)
            batch, length = piece.rows.shape
            back, products = torch.empty_like(one.q), torch.empty_like(one.shares)
            given = (gradient, seen, one.shares, piece.rows, batch, length)
            self.kernels.run("collect_back", back, products, *given)
            by = self._back_by_tiles if self.kernels.has_tiles else self._back_by_products
            places = (joint, piece.rows, *self.rotary, norms, self.num_und, batch, length, self.heads.eps)
            self.kernels.run("spread_back", to, to_norms, *by(one, back, products, piece), *places)
        return to, to_norms

    def _spread(self, piece: Piece, joint: Tensor, norms: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch, length = piece.rows.shape
        heads = self.heads
        q = joint.new_empty(batch, heads.queries, length, heads.width)
        k, v = (joint.new_empty(batch, heads.keys, length, heads.width) for _ in range(2))
        places = (joint, piece.rows, *self.rotary, norms, self.num_und, batch, length, heads.eps)
        self.kernels.run("spread", q, k, v, *places)
        return q, k, v

    def _by_tiles(self, q: Tensor, k: Tensor, v: Tensor, shares: Tensor, piece: Piece) -> tuple[Tensor, Tensor]:
        answers, tops = torch.empty_like(q), torch.empty_like(shares)
        self.kernels.run("attend", answers, shares, tops, q, k, v, piece.seen, *piece.rows.shape)
        return answers, tops

    def _back_by_tiles(self, one: Kept, back: Tensor, products: Tensor, piece: Piece) -> list[Tensor]:
        found = [torch.empty_like(x) for x in (one.q, one.k, one.v)]
        given = (one.weights, one.q, one.k, one.v, piece.seen, *piece.rows.shape)
        self.kernels.run("attend_back", *found, back, products, *given)
        return found

    def _by_products(self, q: Tensor, k: Tensor, v: Tensor, shares: Tensor, piece: Piece) -> tuple[Tensor, Tensor]:
        weights = torch.bmm(self._fold(q), self._fold(k).transpose(1, 2))
        self.kernels.run("soften", weights, shares, piece.seen, *piece.rows.shape)
        return torch.bmm(weights, self._fold(v)), weights

    def _back_by_products(self, one: Kept, back: Tensor, products: Tensor, piece: Piece) -> list[Tensor]:
        q, k, v, folded = (self._fold(x) for x in (one.q, one.k, one.v, back))
        scores = torch.bmm(folded, v.transpose(1, 2))
        self.kernels.run("soften_back", scores, one.weights, products, products.numel(), piece.rows.shape[1])
        to_v = torch.bmm(one.weights.transpose(1, 2), folded)
        return [torch.bmm(scores, k), torch.bmm(scores.transpose(1, 2), q), to_v]

    def _fold(self, x: Tensor) -> Tensor:
        """(B, heads, T, E) -> (B * G, heads // G * T, E)."""
        return x.view(len(x) * self.heads.keys, -1, self.heads.width)
