"""Everything that answers, loaded: what checkpoints make and generation uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .inputs.formats import PromptFormat
from .inputs.image_processors import ImageProcessor
from .inputs.tokenizer import Tokenizer
from .networks.interface import Network
from .networks.vae import Autoencoder


@dataclass(frozen=True)
class LoadedModel:
    """Networks with weights, words, prompt format, eyes.

    `vae` is None for a model that does not draw, `config` its family's own. `notes` says in sentences what was odd in
    the folder.
    """

    network: Network
    vae: Autoencoder | None
    tokenizer: Tokenizer
    prompt_format: PromptFormat
    image_processor: ImageProcessor
    config: Any
    folder: Path
    notes: tuple[str, ...] = ()

    @property
    def number_bytes(self) -> int:
        """Bytes of one number of its keys and values."""
        return self.network.cache_shape.dtype.itemsize
