"""What networks that read and write words have in common: caches, sizes, and a refusal of what they cannot do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from ..errors import ONLY_UNDERSTANDS, MindseyeError
from .caches import Caches
from .config import LatentGrid
from .kv_cache import CacheShape, KVCache
from .placed import Placed


class DecoderSizes(Protocol):
    """The sizes of a decoder that its caches and the engine need to know."""

    @property
    def num_hidden_layers(self) -> int: ...
    @property
    def num_key_value_heads(self) -> int: ...
    @property
    def head_dim(self) -> int: ...
    @property
    def max_position_embeddings(self) -> int: ...
    @property
    def weights_per_token(self) -> int: ...


class TextNetwork(Placed):
    """A network with caches. It sees and draws nothing unless it says otherwise."""

    def __init__(self, decoder: DecoderSizes) -> None:
        super().__init__()
        self._sizes = decoder
        self.caches = Caches()

    @property
    def cache_shape(self) -> CacheShape:
        sizes = self._sizes
        numbers = (sizes.num_hidden_layers, sizes.num_key_value_heads, sizes.head_dim)
        return CacheShape(*numbers, self.device, self.dtype, self.caches.ledger)

    @property
    def max_position_embeddings(self) -> int:
        return self._sizes.max_position_embeddings

    @property
    def weights_per_token(self) -> int:
        return self._sizes.weights_per_token

    @property
    def latents(self) -> LatentGrid | None:
        return None

    def new_cache(self) -> KVCache:
        """An empty context."""
        return self.caches.new(self.cache_shape)

    def embed_images(self, images: Sequence[Tensor]) -> Sequence[Tensor]:
        raise MindseyeError("this network has no eyes")

    def embed_latents(self, latent_tokens: Tensor, t: Tensor, lengths: Tensor, position_indices: Tensor) -> Tensor:
        raise MindseyeError(ONLY_UNDERSTANDS)

    def velocity(self, states: Tensor) -> Tensor:
        raise MindseyeError(ONLY_UNDERSTANDS)
