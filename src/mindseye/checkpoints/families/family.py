"""What makes a checkpoint folder a model of some family: how it is recognised, built, named and spoken to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from torch import nn

from ...errors import CheckpointError
from ...given_files import read_json
from ...inputs.formats import PromptFormat, prompt_format
from ...inputs.image_processors import ImageProcessor, NoEyes
from ...inputs.images import ImageTransforms
from ...inputs.tokenizer import Tokenizer
from ...networks.config import LatentGrid, VaeConfig
from ...networks.placed import Placed
from ..configs import FoundConfig
from ..weights import Tensors, shapes_of

Layout = Literal["as it is", "transposed", "convolution"]


@dataclass(frozen=True)
class Folder:
    """A checkpoint folder before any weights are read: its tensors by name and shape, and what config.json says."""

    path: Path
    tensors: Tensors
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return shapes_of(self.tensors)

    @property
    def model_type(self) -> str:
        """transformers' name of the architecture, '' where config.json has none."""
        return str(self.said.get("model_type") or "")


@dataclass(frozen=True)
class Source:
    """Where a parameter comes from: a tensor's name in the files, and how it lies there.

    "transposed" is (in, out) as GPT-2 stores it; "convolution" is a patch embedding (D, C, p, p) that becomes a
    linear layer (D, p * p * C).
    """

    name: str
    layout: Layout = "as it is"


class Family:
    """A family of checkpoints. A new one says what differs from this: a language model under transformers' names."""

    name: str
    model_types: tuple[str, ...] = ()
    format_name = "plain"
    part_names: tuple[str, ...] = ()
    """The parts of `part_of` in the order in which people read them; empty: as they come."""

    def recognises(self, folder: Folder) -> bool:
        """Whether this folder holds a model of the family."""
        return folder.model_type in self.model_types

    def read_config(self, folder: Folder) -> FoundConfig:
        """Its sizes; raises CheckpointError for what cannot be."""
        raise NotImplementedError

    def build(self, config: Any, understanding_only: bool) -> Placed:
        """The network, made without memory; `understanding_only` leaves out what only drawing needs."""
        raise NotImplementedError

    def sources(self, network: nn.Module, folder: Folder, found: FoundConfig) -> dict[str, Source]:
        """Where each parameter of the network comes from; what `finish` makes is left out."""
        return {name: Source(name) for name in network.state_dict()}

    def is_ignored(self, name: str, folder: Folder, understanding_only: bool) -> bool:
        """Whether a tensor in the files is no weight of this network (a mask, what only drawing needs)."""
        return False

    def finish(self, network: Any, found: FoundConfig, folder: Folder) -> list[str]:
        """Make what no file holds (ties, tables) after all weights are there; returns notes."""
        return []

    def autoencoder(self, config: Any) -> VaeConfig | None:
        """The sizes of what stands in `ae.safetensors`; None for a family that draws nothing."""
        return None

    def latents(self, config: Any) -> LatentGrid | None:
        """What it draws; None for a family that draws nothing."""
        return None

    def part_of(self, name: str) -> str:
        """The part of the model that a tensor belongs to, in words for people."""
        if "embed" in name or "head" in name or name.endswith(("wte.weight", "wpe.weight")):
            return "word embeddings and head"
        return "layers"

    def vocab_size(self, config: Any) -> int:
        """Rows of its embedding table."""
        return int(config.vocab_size)

    def tokenizer(self, folder: Path) -> Tokenizer:
        return Tokenizer.from_folder(folder, marks=())

    def prompt_format(self, folder: Path, tokenizer: Tokenizer) -> PromptFormat:
        return prompt_format(self.format_name, tokenizer, stops_of(folder))

    def image_processor(self, folder: Path, network: Any, transforms: ImageTransforms | None) -> ImageProcessor:
        """How its images are made; a language model sees none."""
        if transforms is not None:
            raise CheckpointError(f"{folder} is a {self.name} model without eyes, so image limits have no use")
        return NoEyes(self.name)


def stops_of(folder: Path) -> frozenset[int]:
    """The ids that end an answer, as config.json and generation_config.json say."""
    found: set[int] = set()
    for name in ("config.json", "generation_config.json"):
        try:
            said = read_json(folder / name, error=CheckpointError)
        except (OSError, ValueError, CheckpointError):
            continue
        ends = said.get("eos_token_id") if isinstance(said, dict) else None
        found |= {i for i in (ends if isinstance(ends, list) else [ends]) if isinstance(i, int) and i >= 0}
    return frozenset(found)


def required(said: Mapping[str, Any], key: str, folder: Path) -> Any:
    """What config.json says of a size that nothing else tells."""
    if said.get(key) is None:
        raise CheckpointError(f"{folder}: config.json does not say {key}; fetch the file again")
    return said[key]
