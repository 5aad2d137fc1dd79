"""Attention that keeps what it was asked: plain products, with a way back, for one row."""
# N tokens, H query heads, G key/value heads, E head_dim, R places that are watched

from __future__ import annotations

from torch import Tensor


class Watching:
    """Answers queries, and keeps the weights of some places.

    weights: by layer, (R, N) float32, the mean over heads; a row sums to 1.
    """

    def __init__(self, visible: Tensor, watched: Tensor | None = None) -> None:
        """Who sees whom (N, N), and the watched places (R,), None for none."""
        self.hidden = ~visible
        self.watched = watched
        self.weights: dict[int, Tensor] = {}

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        ratio = q.shape[1] // k.shape[1]
        q, k, v = (x.transpose(0, 1) for x in (q, k.repeat_interleave(ratio, 1), v.repeat_interleave(ratio, 1)))
        scores = (q @ k.transpose(1, 2)).float() * q.shape[-1] ** -0.5  # (H, N, N)
        weights = scores.masked_fill(self.hidden.to(scores.device), float("-inf")).softmax(-1)
        if self.watched is not None:
            self.weights[layer] = weights[:, self.watched.to(weights.device)].mean(0).detach().cpu()
        return (weights.to(v.dtype) @ v).transpose(0, 1).flatten(1)
