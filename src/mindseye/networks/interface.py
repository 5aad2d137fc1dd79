"""What an engine may ask of a network. Whatever answers to this runs: in batches, with caches, guidance and all.

Tokens travel in two streams: `und` for words and images that are seen, `gen` for latents that are drawn. A network
that does not draw has no second one. What attention means is handed in (`attention.py`); the network does not know.
"""
# N tokens in stream order (all und, then all gen), Nu and Ng of each stream, D hidden_size, V vocab_size,
# L latent tokens of I images, Z latent_token_size

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from .attention import Attend
from .caches import Caches
from .config import LatentGrid
from .kv_cache import CacheShape, KVCache

Streams = tuple[Tensor, Tensor | None]


class Network(Protocol):
    """A network that reads and writes words, may see, and may draw."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """The number format of its activations, whatever form its weights have."""
        ...

    @property
    def cache_shape(self) -> CacheShape:
        """What all its caches have in common."""
        ...

    @property
    def max_position_embeddings(self) -> int:
        """The longest context, in positions."""
        ...

    @property
    def num_parameters(self) -> int:
        """Weights of all kinds, biases included."""
        ...

    @property
    def weights_per_token(self) -> int:
        """How many weights a token is multiplied with, roughly."""
        ...

    @property
    def latents(self) -> LatentGrid | None:
        """What it draws; None where it does not."""
        ...

    @property
    def caches(self) -> Caches:
        """Whoever makes its caches, of the kind that fits its device."""
        ...

    def new_cache(self) -> KVCache:
        """An empty context."""
        ...

    def embed_text(self, ids: Tensor) -> Tensor:
        """Token ids (N,) -> (N, D)."""
        ...

    def embed_images(self, images: Sequence[Tensor]) -> Sequence[Tensor]:
        """Pixels (C, H, W) of each image, as its image processor made them -> its tokens (n, D)."""
        ...

    def embed_latents(self, latent_tokens: Tensor, t: Tensor, lengths: Tensor, position_indices: Tensor) -> Tensor:
        """Latent tokens (L, Z) of I images with `lengths` (I,) each, at times t (I,), at their places in the grid
        (L,) -> (L, D)."""
        ...

    def __call__(self, und: Tensor, gen: Tensor | None, positions: Tensor, attend: Attend) -> Streams:
        """States before the final norm, of the shapes of `und` (Nu, D) and `gen` (Ng, D); `positions` (N,)."""
        ...

    def logits(self, states: Tensor) -> Tensor:
        """States (N, D) of the und stream -> scores over words (N, V)."""
        ...

    def velocity(self, states: Tensor) -> Tensor:
        """States (L, D) of the gen stream -> velocity from data to noise (L, Z)."""
        ...
