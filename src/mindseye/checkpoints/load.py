"""A checkpoint folder becomes a loaded model, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch

from ..errors import CheckpointError, MemoryShortError
from ..given_files import read_json
from ..inputs.images import ImageTransforms
from ..loaded import LoadedModel
from ..networks.config import VaeConfig
from ..networks.cpu_layout import can_lay_out
from ..networks.lay_out import lay_out_for_cpu, lay_out_module, table_of
from ..networks.placed import Placed
from ..networks.vae import Autoencoder
from .configs import FoundConfig
from .empty import without_memory
from .families import Family, Folder, Source, family_of
from .filling import fill
from .headers import check_formats
from .kinds import describe_folder
from .locate import find_folder
from .placement import choose_device, choose_dtype
from .plan import LoadPlan, make_plan, shape_as_loaded
from .strict import check_tensors
from .weights import AUTOENCODER, Tensors, read_tensors, weights_file


@dataclass(frozen=True)
class Checkpoint:
    """A folder whose headers and small files have been read, but no weights."""

    opened: Folder
    weights: Path
    vae_tensors: Tensors
    found: FoundConfig
    family: Family
    understanding_only: bool = False

    @property
    def num_parameters(self) -> int:
        return sum(info.num_parameters for info in (*self.tensors.values(), *self.vae_tensors.values()))

    @property
    def folder(self) -> Path:
        return self.opened.path

    @property
    def tensors(self) -> Tensors:
        """Those of the network."""
        return self.opened.tensors

    def network_plan(self, network: Placed, device: torch.device, dtype: torch.dtype, is_laid_out: bool) -> LoadPlan:
        """What filling its network will do; raises CheckpointError unless every weight is there and nothing else."""
        sources = self.family.sources(network, self.opened, self.found)
        shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
        wanted = {source.name: shapes[name] for name, source in sources.items()}
        turned = {source.name: source for source in sources.values()}
        kind = describe_folder(self.folder, self.tensors)
        found = {name: shape_as_loaded(turned.get(name, Source(name)), i.shape) for name, i in self.tensors.items()}
        check_tensors(self.weights, wanted, found, kind)
        plan = make_plan(sources, self.tensors, device, dtype, is_laid_out)
        tied = {table_of(name): name for name in shapes if name not in sources and is_laid_out}
        copies = (replace(entry, parameter=tied[entry.parameter]) for entry in plan.entries if entry.parameter in tied)
        return replace(plan, copies=tuple(copies))


def open_checkpoint(model: str | Path, weights_name: str | None = None, understanding_only: bool = False) -> Checkpoint:
    """Find the folder of a model and read everything in it but the weights.

    With `understanding_only` the tensors of drawing are left out.
    """
    folder = find_folder(model, weights_name)
    weights = weights_file(folder, weights_name)
    tensors = read_tensors(weights)
    vae_file = folder / AUTOENCODER
    vae_tensors = read_tensors(vae_file) if vae_file.is_file() and not understanding_only else {}
    opened = Folder(folder, tensors, _said(folder))
    family = family_of(opened)
    found = family.read_config(replace(opened, tensors={**tensors, **vae_tensors}))
    used = {name: info for name, info in tensors.items() if not family.is_ignored(name, opened, understanding_only)}
    check_formats({**used, **vae_tensors})
    return Checkpoint(replace(opened, tensors=used), weights, vae_tensors, found, family, understanding_only)


def plan_loading(checkpoint: Checkpoint, device: str, dtype: str) -> tuple[LoadPlan, torch.device]:
    """What `load(..., for_answering=True)` would do with a checkpoint, the autoencoder included, and where."""
    place = choose_device(device)
    number_format = choose_dtype(dtype, place, checkpoint.num_parameters)
    with without_memory():
        network = checkpoint.family.build(checkpoint.found.config, checkpoint.understanding_only)
    is_laid_out = place.type == "cpu" and can_lay_out(torch.empty(0, dtype=number_format))
    plan = checkpoint.network_plan(network, place, number_format, is_laid_out)
    sources = {name: Source(name) for name in checkpoint.vae_tensors}
    vae = make_plan(sources, checkpoint.vae_tensors, place, number_format)
    return replace(plan, entries=plan.entries + vae.entries), place


def load(
    model: str | Path,
    *,
    device: str | torch.device = "cpu",
    dtype: str | torch.dtype | None = None,
    weights_name: str | None = None,
    transforms: ImageTransforms | None = None,
    understanding_only: bool = False,
    for_answering: bool = False,
) -> LoadedModel:
    """The model in `model`: "pocket", a folder or a hub id ("owner/name"), ready to answer.

    `device` is "auto", "cpu", "cuda", "cuda:1" or "mps". `dtype` None is bfloat16, on a CPU float32 below
    100 million parameters. `understanding_only` leaves out what only drawing needs (about half of a model).
    `for_answering` lays the weights out for the CPU where that is faster; they can then not be trained.
    Raises CheckpointError when a tensor is missing, superfluous or misshapen, InputError for a device or format
    that does not exist, MemoryShortError when the device is too small.
    """
    place = choose_device(device)
    checkpoint = open_checkpoint(model, weights_name, understanding_only)
    number_format = choose_dtype(dtype, place, checkpoint.num_parameters)
    family, folder = checkpoint.family, checkpoint.folder
    tokenizer = family.tokenizer(folder)
    tokenizer.check_fits(family.vocab_size(checkpoint.found.config))
    notes = list(checkpoint.found.notes)
    try:
        network = _load_network(checkpoint, place, number_format, for_answering, notes)
        vae = None if understanding_only else _load_vae(checkpoint, place, number_format)
    except torch.OutOfMemoryError as error:
        raise MemoryShortError(
            f"{folder} needs {checkpoint.num_parameters * number_format.itemsize / 2**30:.1f} GiB as "
            f"{number_format}, more than {place} has free; load it quantized or with understanding_only"
        ) from error
    return LoadedModel(
        network=cast(Any, network),
        vae=vae,
        tokenizer=tokenizer,
        prompt_format=family.prompt_format(folder, tokenizer),
        image_processor=family.image_processor(folder, network, transforms),
        config=checkpoint.found.config,
        folder=folder,
        notes=tuple(notes),
    )


def _load_network(
    checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype, for_answering: bool, notes: list[str]
) -> Placed:
    family = checkpoint.family
    with without_memory():
        network = family.build(checkpoint.found.config, checkpoint.understanding_only)
    plan = checkpoint.network_plan(network, device, dtype, for_answering and device.type == "cpu")
    fill(network, plan, lay_out_module if plan.is_laid_out else None)
    network.place(device, dtype)
    notes += family.finish(network, checkpoint.found, checkpoint.opened)
    if plan.is_laid_out:
        lay_out_for_cpu(network)
    assert not any(tensor.is_meta for tensor in (*network.parameters(), *network.buffers()))
    return network.eval()


def _load_vae(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> Autoencoder | None:
    sizes: VaeConfig | None = checkpoint.family.autoencoder(checkpoint.found.config)
    if sizes is None:
        return None
    if not checkpoint.vae_tensors:
        raise CheckpointError(
            f"{checkpoint.folder} has no {AUTOENCODER}, so it cannot draw: copy it from the model this one was "
            "tuned from (ByteDance-Seed/BAGEL-7B-MoT), or load with understanding_only"
        )
    with without_memory():
        vae = Autoencoder(sizes)
    wanted = {name: tuple(tensor.shape) for name, tensor in vae.state_dict().items()}
    shapes = {name: info.shape for name, info in checkpoint.vae_tensors.items()}
    kind = "this is not FLUX's autoencoder, or not in its own layout"
    check_tensors(checkpoint.folder / AUTOENCODER, wanted, shapes, kind)
    fill(vae, make_plan({name: Source(name) for name in wanted}, checkpoint.vae_tensors, device, dtype))
    vae.place(device, dtype)
    return vae.eval()


def _said(folder: Path) -> dict[str, Any]:
    """What config.json says; nothing where it is absent or broken, which its family reports."""
    try:
        said = read_json(folder / "config.json", error=CheckpointError)
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
