"""Everything that answers, loaded: what checkpoints make and generation uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .inputs.formats import PromptFormat
from .inputs.images import ImageTransforms
from .inputs.tokenizer import Tokenizer
from .networks.config import UnifiedConfig
from .networks.unified import UnifiedModel
from .networks.vae import Autoencoder


@dataclass(frozen=True)
class LoadedModel:
    """Networks with weights, words, prompt format, image limits.

    `vae` is None for a model loaded for understanding only. `notes` says in sentences what was odd in the folder.
    """

    network: UnifiedModel
    vae: Autoencoder | None
    tokenizer: Tokenizer
    prompt_format: PromptFormat
    transforms: ImageTransforms
    config: UnifiedConfig
    folder: Path
    notes: tuple[str, ...] = ()

    @property
    def number_bytes(self) -> int:
        """Bytes of one number of its keys and values."""
        return self.network.new_cache().shape.dtype.itemsize
