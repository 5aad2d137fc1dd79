"""A checkpoint folder becomes a loaded model, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from ..errors import CheckpointError, MemoryShortError
from ..inputs.formats.bagel import BagelFormat
from ..inputs.images import ImageTransforms
from ..inputs.tokenizer import Tokenizer
from ..loaded import LoadedModel
from ..networks.embeddings import PositionTable
from ..networks.unified import UnifiedModel
from ..networks.vae import Autoencoder
from .configs import FoundConfig, read_configs
from .empty import without_memory
from .kinds import describe_folder
from .locate import find_folder
from .placement import choose_device, choose_dtype
from .reading import fill
from .strict import LM_HEAD, check_tensors, is_convolution, is_drawing_only
from .weights import AUTOENCODER, Tensors, read_tensors, shapes_of, weights_file

FIXED_TABLES = ("vit_pos_embed", "latent_pos_embed")


@dataclass(frozen=True)
class Checkpoint:
    """A folder whose headers and small files have been read, but no weights."""

    folder: Path
    weights: Path
    tensors: Tensors
    vae_tensors: Tensors
    found: FoundConfig

    @property
    def num_parameters(self) -> int:
        return sum(info.num_parameters for info in (*self.tensors.values(), *self.vae_tensors.values()))


def open_checkpoint(model: str | Path, weights_name: str | None = None, understanding_only: bool = False) -> Checkpoint:
    """Find the folder of a model and read everything in it but the weights.

    With `understanding_only` the tensors of drawing are left out.
    """
    folder = find_folder(model, weights_name)
    weights = weights_file(folder, weights_name)
    tensors = read_tensors(weights)
    vae_file = folder / AUTOENCODER
    vae_tensors = read_tensors(vae_file) if vae_file.is_file() and not understanding_only else {}
    found = read_configs(folder, shapes_of(tensors, vae_tensors))
    if understanding_only:
        tensors = {name: info for name, info in tensors.items() if not is_drawing_only(name)}
    return Checkpoint(folder, weights, tensors, vae_tensors, found)


def load(
    model: str | Path,
    *,
    device: str | torch.device = "cpu",
    dtype: str | torch.dtype | None = None,
    weights_name: str | None = None,
    transforms: ImageTransforms | None = None,
    understanding_only: bool = False,
) -> LoadedModel:
    """The model in `model`: "pocket", a folder or a hub id ("owner/name"), ready to answer.

    `device` is "auto", "cpu", "cuda", "cuda:1" or "mps". `dtype` None is bfloat16, on a CPU float32 below
    100 million parameters. `understanding_only` leaves out what only drawing needs (about half of a model).
    Raises CheckpointError when a tensor is missing, superfluous or misshapen, InputError for a device or format
    that does not exist, MemoryShortError when the device is too small.
    """
    place = choose_device(device)
    checkpoint = open_checkpoint(model, weights_name, understanding_only)
    number_format = choose_dtype(dtype, place, checkpoint.num_parameters)
    config = checkpoint.found.config
    tokenizer = Tokenizer.from_folder(checkpoint.folder)
    tokenizer.check_fits(config.decoder.vocab_size)
    transforms = transforms or ImageTransforms.from_folder(checkpoint.folder)
    notes = list(checkpoint.found.notes)
    try:
        network = _load_network(checkpoint, place, number_format, understanding_only, notes)
        vae = None if understanding_only else _load_vae(checkpoint, place, number_format)
    except torch.OutOfMemoryError as error:
        raise MemoryShortError(
            f"{checkpoint.folder} needs {checkpoint.num_parameters * number_format.itemsize / 2**30:.1f} GiB as "
            f"{number_format}, more than {place} has free; load it quantized or with understanding_only"
        ) from error
    return LoadedModel(
        network, vae, tokenizer, BagelFormat(tokenizer), transforms, config, checkpoint.folder, tuple(notes)
    )


def _load_network(
    checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype, understanding_only: bool, notes: list[str]
) -> UnifiedModel:
    with without_memory():
        network = UnifiedModel(checkpoint.found.config, understanding_only)
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    absent = [table for table in FIXED_TABLES if f"{table}.pos_embed" in wanted]
    absent = [table for table in absent if f"{table}.pos_embed" not in checkpoint.tensors]
    is_tied = checkpoint.found.tie_word_embeddings and LM_HEAD not in checkpoint.tensors
    filled_otherwise = {f"{table}.pos_embed" for table in absent} | ({LM_HEAD} if is_tied else set())
    wanted = {name: shape for name, shape in wanted.items() if name not in filled_otherwise}
    kind = describe_folder(checkpoint.folder, checkpoint.tensors)
    check_tensors(checkpoint.weights, wanted, checkpoint.tensors, kind)
    for name, info in checkpoint.tensors.items():
        if is_convolution(name, info.shape):
            notes.append(f"{name} was kept as a convolution; it was laid out as a linear layer")
    fill(network, checkpoint.tensors, device, dtype)
    for table in absent:
        _compute_table(network.get_submodule(table), device, dtype)
        notes.append(f"the weights lack {table}, a fixed table; it was computed")
    if is_tied:
        network.language_model.lm_head.weight = network.language_model.model.embed_tokens.weight
    assert not any(tensor.is_meta for tensor in network.state_dict().values())
    return network.eval()


def _compute_table(table: torch.nn.Module, device: torch.device, dtype: torch.dtype) -> None:
    assert isinstance(table, PositionTable)
    table.to_empty(device=device).to(dtype)
    table.reset()


def _load_vae(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> Autoencoder:
    if not checkpoint.vae_tensors:
        raise CheckpointError(
            f"{checkpoint.folder} has no {AUTOENCODER}, so it cannot draw: copy it from the model this one was "
            "tuned from (ByteDance-Seed/BAGEL-7B-MoT), or load with understanding_only"
        )
    with without_memory():
        vae = Autoencoder(checkpoint.found.config.vae)
    wanted = {name: tuple(tensor.shape) for name, tensor in vae.state_dict().items()}
    kind = "this is not FLUX's autoencoder, or not in its own layout"
    check_tensors(checkpoint.folder / AUTOENCODER, wanted, checkpoint.vae_tensors, kind)
    fill(vae, checkpoint.vae_tensors, device, dtype)
    return vae.eval()
