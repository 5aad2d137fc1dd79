"""Images and texts side by side, as a contrastive head has learnt to compare them."""
# I images, N tokens of a text and its placeholder, H query heads, G key/value heads, E head_dim, D hidden_size

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from .grafted import ContrastiveHead, Grafted


def image_embeddings(network: Grafted, images: Sequence[Tensor]) -> Tensor:
    """Pixels (C, S, S) of each image -> (I, D) of length one: the mean of its tokens."""
    _check(network)
    means = torch.stack([tokens.float().mean(0) for tokens in network.embed_images(images)])
    return F.normalize(means, dim=-1)


def text_embedding(network: Grafted, ids: Sequence[int]) -> Tensor:
    """Token ids of a text -> (D,) of length one: the state at the placeholder that stands behind it."""
    head = _check(network)
    if not 0 < len(ids) < network.max_position_embeddings:
        raise InputError(f"a text has {len(ids)} tokens; expected 1 to {network.max_position_embeddings - 1}")
    words = network.embed_text(torch.tensor(ids, device=network.device))
    und = torch.cat([words, head.placeholder[None].to(words.dtype)])
    states, _ = network(und, None, torch.arange(len(und), device=network.device), _alone)
    return F.normalize(states[-1].float(), dim=-1)


def _check(network: Grafted) -> ContrastiveHead:
    head: ContrastiveHead | None = getattr(network, "contrastive", None)
    if head is None:
        raise InputError(
            "this model has no head that compares images with texts: graft one with --contrastive, and train it with a "
            "contrastive_weight"
        )
    return head


def _alone(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention of one text that nobody reads again: q (N, H, E), k and v (N, G, E) -> (N, H * E)."""
    repeats = q.shape[1] // k.shape[1]
    keys, values = (x.repeat_interleave(repeats, dim=1).transpose(0, 1)[None] for x in (k, v))
    seen = F.scaled_dot_product_attention(q.transpose(0, 1)[None], keys, values, is_causal=True)
    return seen[0].transpose(0, 1).flatten(1)
