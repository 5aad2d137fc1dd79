"""Which files of a folder hold the weights, and the table of all their tensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import CheckpointError, nearest
from ..given_files import read_json
from .headers import TensorInfo, read_header
from .kinds import describe_folder

NAMES = ("ema.safetensors", "model.safetensors", "model_bf16.safetensors")
AUTOENCODER = "ae.safetensors"
INDEX = ".safetensors.index.json"
LARGEST_INDEX = 32_000_000  # bytes
LONGEST_NAME = 255
PICKLES = (".bin", ".pt", ".pth", ".ckpt")

Tensors = dict[str, TensorInfo]


def weights_file(folder: Path, weights_name: str | None = None) -> Path:
    """The weights file or shard index of the folder: the one named, or the first of the usual names."""
    there = sorted(path.name for path in folder.iterdir())
    if weights_name is not None:
        if weights_name not in there:
            raise CheckpointError(
                f"{folder} has no {weights_name}{nearest(weights_name, there)}; it holds: {_listing(there)}"
            )
        if not weights_name.endswith((".safetensors", INDEX)):
            raise CheckpointError(f"{weights_name} is not read: {_only_safetensors(weights_name)}")
        return folder / weights_name
    for name in NAMES:
        if name in there:
            return folder / name
    candidates = [name for name in there if name.endswith(INDEX)] or _other_weights(there)
    if len(candidates) == 1:
        return folder / candidates[0]
    if candidates:
        raise CheckpointError(f"{folder} holds several weights ({', '.join(candidates)}): name one of them")
    raise CheckpointError(_why_no_weights(folder, there))


def _other_weights(there: list[str]) -> list[str]:
    no_model = (AUTOENCODER, "adapter_model.safetensors")
    return [name for name in there if name.endswith(".safetensors") and name not in no_model]


def _why_no_weights(folder: Path, there: list[str]) -> str:
    expected = f"expected {', '.join(NAMES)} or *{INDEX}"
    pickles = [name for name in there if name.endswith(PICKLES)]
    if pickles:
        return f"{folder} has no safetensors weights; {pickles[0]} is not read: {_only_safetensors(pickles[0])}"
    inside = [path.parent.name for name in (*NAMES, "*" + INDEX) for path in sorted(folder.glob("*/" + name))[:1]]
    if inside:
        return f"{folder} has no weights, but its subfolder {inside[0]} has: give {folder / inside[0]}"
    kind = describe_folder(folder, ())
    return f"{folder} has no weights ({expected}); {kind or 'it holds: ' + _listing(there)}"


def _only_safetensors(name: str) -> str:
    return (
        "such a file can run code when it is opened. Convert it once where you trust it: "
        f"safetensors.torch.save_file(torch.load({name!r}, weights_only=True), 'model.safetensors')"
    )


def _listing(names: list[str]) -> str:
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "") if names else "nothing"


def read_tensors(path: Path) -> Tensors:
    """The table of every tensor in a weights file, or in all shards of an index."""
    return _read_shards(path) if path.name.endswith(INDEX) else read_header(path)


def _read_shards(index: Path) -> Tensors:
    try:
        said = read_json(index, LARGEST_INDEX, CheckpointError)
        weight_map = {str(name): str(file) for name, file in said["weight_map"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{index} is no index of shards: expected JSON with a weight_map") from error
    files = sorted(set(weight_map.values()))
    for file in files:
        if Path(file).is_absolute() or ".." in Path(file).parts or len(file) > LONGEST_NAME:
            raise CheckpointError(f"{index} points out of its folder: {file[:80]}")
    missing = [file for file in files if not (index.parent / file).is_file()]
    if missing:
        raise CheckpointError(
            f"{index.parent} lacks {len(missing)} of {len(files)} shards ({_listing(missing)}): half a download; "
            "fetch the rest"
        )
    table: Tensors = {}
    for file in files:
        there = read_header(index.parent / file)
        table.update({name: info for name, info in there.items() if weight_map.get(name, file) == file})
    for name, file in weight_map.items():
        if name not in table:
            raise CheckpointError(f"{index} expects {name} in {file}, which does not hold it{nearest(name, table)}")
    return table


def shapes_of(*tables: Mapping[str, TensorInfo]) -> dict[str, tuple[int, ...]]:
    """Name -> shape over all tables."""
    return {name: info.shape for table in tables for name, info in table.items()}
