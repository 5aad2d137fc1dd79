"""Attention of a packed batch for fused training: a few samples at a time, so that their scores stay in the cache."""
# N tokens in stream order, H query heads, G key/value heads, R = H // G, E head_dim, J = (H + 2 * G) * E, B samples
# of a piece and T tokens of its longest, a multiple of 16

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
MULTIPLE = 16  # numbers in a register
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
    """(B, T, T) bool, True where a query sees a key."""


@dataclass(frozen=True)
class Kept:
    """What the way back needs of a piece."""

    q: Tensor
    """(B, H, T, E)"""
    k: Tensor
    """(B, G, T, E)"""
    v: Tensor
    """(B, G, T, E)"""
    weights: Tensor
    """(B * G, R * T, T), before they are scaled to sum to 1"""
    shares: Tensor
    """(B, H, T) float32, which scale them"""


def cut(buckets: Sequence[Bucket]) -> list[Piece]:
    """Buckets cut into pieces, padded to whole registers."""
    pieces = []
    for bucket in buckets:
        batch, length = bucket.rows.shape
        padded = -(-length // MULTIPLE) * MULTIPLE
        rows = np.full((batch, padded), PADDING, np.int64)
        seen = np.zeros((batch, padded, padded), bool)
        rows[:, :length], seen[:, :length, :length] = bucket.rows, bucket.mask
        at_once = max(1, SCORES_AT_ONCE // (8 * padded**2))
        for first in range(0, batch, at_once):
            some = slice(first, first + at_once)
            pieces.append(Piece(torch.from_numpy(rows[some]), torch.from_numpy(seen[some])))
    return pieces


class FusedAttention:
    """One layer's answers to queries, and the way back."""

    def __init__(self, kernels: Kernels, heads: Heads, pieces: Sequence[Piece], rotary: Rotary, num_und: int) -> None:
        self.kernels, self.heads, self.pieces, self.num_und = kernels, heads, pieces, num_und
        self.rotary = (rotary.cos, rotary.sin)

    def forward(self, joint: Tensor, norms: Tensor) -> tuple[Tensor, list[Kept]]:
        """Projections (N, J) and the norms' weights (experts, 2, E) -> answers (N, H * E)."""
        seen = joint.new_empty(len(joint), self.heads.queries * self.heads.width)
        return seen, [self._answer(piece, joint, norms, seen) for piece in self.pieces]

    def backward(
        self, gradient: Tensor, seen: Tensor, joint: Tensor, norms: Tensor, kept: list[Kept]
    ) -> tuple[Tensor, Tensor]:
        """Gradients of `joint` and of `norms` from that of the answers; `kept` is used up."""
        to, to_norms = torch.empty_like(joint), torch.zeros_like(norms)
        for piece in self.pieces:
            one = kept.pop(0)
            batch, length = piece.rows.shape
            products, padded = torch.empty_like(one.shares), torch.empty_like(one.q)
            given = (gradient, seen, one.shares, piece.rows, batch, length)
            self.kernels.run("collect_back", padded, products, *given)
            q, k, v, back = (self._fold(x) for x in (one.q, one.k, one.v, padded))
            scores = torch.bmm(back, v.transpose(1, 2))
            self.kernels.run("soften_back", scores, one.weights, products, products.numel(), length)
            to_v = torch.bmm(one.weights.transpose(1, 2), back)
            to_q, to_k = torch.bmm(scores, k), torch.bmm(scores.transpose(1, 2), q)
            places = (joint, piece.rows, *self.rotary, norms, self.num_und, batch, length, self.heads.eps)
            self.kernels.run("spread_back", to, to_norms, to_q, to_k, to_v, *places)
        return to, to_norms

    def _answer(self, piece: Piece, joint: Tensor, norms: Tensor, seen: Tensor) -> Kept:
        batch, length = piece.rows.shape
        heads = self.heads
        q = joint.new_empty(batch, heads.queries, length, heads.width)
        k, v = (joint.new_empty(batch, heads.keys, length, heads.width) for _ in range(2))
        places = (joint, piece.rows, *self.rotary, norms, self.num_und, batch, length, heads.eps)
        self.kernels.run("spread", q, k, v, *places)
        weights = torch.bmm(self._fold(q), self._fold(k).transpose(1, 2))
        shares = torch.empty(batch, heads.queries, length)
        self.kernels.run("soften", weights, shares, piece.seen, batch, length)
        self.kernels.run("collect", seen, torch.bmm(weights, self._fold(v)), shares, piece.rows, batch, length)
        return Kept(q, k, v, weights, shares)

    def _fold(self, x: Tensor) -> Tensor:
        """(B, heads, T, E) -> (B * G, heads // G * T, E)."""
        return x.view(len(x) * self.heads.keys, -1, self.heads.width)
