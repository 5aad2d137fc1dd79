"""Where a model lies: in the package ("pocket"), in a folder, or on the hub ("owner/name", "owner/name@revision")."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from ..errors import CheckpointError, nearest
from .weights import AUTOENCODER, INDEX, NAMES

POCKET = "pocket"
HUB_ID = re.compile(r"([\w-][\w.-]*/[\w-][\w.-]*)(?:@([\w./-]+))?")


def find_folder(model: str | Path, weights_name: str | None = None) -> Path:
    """The local folder of a model; a hub id is downloaded first (only the files that are read)."""
    name = str(model)
    if not name.strip():
        raise CheckpointError('the name of the model is empty; expected "pocket", a checkpoint folder or a hub id')
    folder = Path(name).expanduser()
    if name == POCKET and not folder.is_dir():
        return _pocket()
    if folder.is_dir():
        return folder
    if folder.is_file():
        raise CheckpointError(f"{folder} is a file; give its folder {folder.parent} (and weights name {folder.name})")
    match = HUB_ID.fullmatch(name)
    is_inside_a_folder = folder.parent != Path(".") and folder.parent.is_dir()
    if match and not isinstance(model, Path) and not is_inside_a_folder:
        return _download(match[1], match[2], weights_name)
    raise CheckpointError(_not_found(folder))


def _pocket() -> Path:
    folder = Path(str(resources.files("mindseye"))) / POCKET
    if not folder.is_dir():
        raise CheckpointError(f"this installation has no pocket model ({folder} is missing): install mindseye again")
    return folder


def _not_found(folder: Path) -> str:
    parent = folder.parent
    while not parent.is_dir():
        parent = parent.parent
    siblings = [POCKET, *(path.name for path in parent.iterdir() if path.is_dir())]
    wanted = folder.relative_to(parent).parts[0] if folder != parent else folder.name
    return (
        f'no model at {folder}: {parent} has no folder "{wanted}"{nearest(wanted, siblings)}; expected "pocket", '
        "a checkpoint folder or a hub id (owner/name)"
    )


def _download(repo_id: str, revision: str | None, weights_name: str | None) -> Path:
    import huggingface_hub
    from huggingface_hub import constants, errors

    try:
        if constants.HF_HUB_OFFLINE:
            return _from_cache(repo_id, revision, "HF_HUB_OFFLINE is set")
        info = huggingface_hub.HfApi().model_info(repo_id, revision=revision, timeout=10)
        wanted = files_to_fetch([file.rfilename for file in info.siblings or ()], weights_name)
        return Path(huggingface_hub.snapshot_download(repo_id, revision=revision, allow_patterns=wanted))
    except errors.GatedRepoError as error:
        raise CheckpointError(f"{repo_id} is gated: accept its terms on its page, then `hf auth login`") from error
    except errors.RepositoryNotFoundError as error:
        raise CheckpointError(
            f"the hub has no {repo_id} (or it is private: `hf auth login`), and there is no such folder here"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise CheckpointError(f"{repo_id} has no revision {revision}") from error
    except errors.HFValidationError as error:
        raise CheckpointError(f"{repo_id} is neither a folder here nor a hub id: {error}") from error
    except CheckpointError:
        raise
    except Exception as error:  # no network: each transport has errors of its own
        return _from_cache(repo_id, revision, f"the hub cannot be reached ({type(error).__name__})")


def _from_cache(repo_id: str, revision: str | None, why: str) -> Path:
    """What an earlier download left."""
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(repo_id, revision=revision, local_files_only=True))
    except Exception as error:  # as above
        raise CheckpointError(
            f"{repo_id} is not a folder here and not in the hub's cache, and {why}; go online, or download it "
            "elsewhere and give the folder"
        ) from error


def files_to_fetch(there: list[str], weights_name: str | None = None) -> list[str]:
    """Of a repository's files, those that loading reads: one set of weights, the autoencoder, the small files."""
    top = [name for name in there if "/" not in name]
    small = [name for name in top if name.endswith(".json") or name == "merges.txt"]
    if weights_name is not None:
        if weights_name not in there:
            raise CheckpointError(f"the repository has no {weights_name}{nearest(weights_name, there)}")
        chosen = [weights_name]
    else:
        chosen = [name for name in NAMES if name in top][:1]
    if not chosen or chosen[0].endswith(INDEX):  # shards, or a name of its own
        chosen = [name for name in top if name.endswith(".safetensors") and name != AUTOENCODER]
    return [*small, *chosen, *(name for name in top if name == AUTOENCODER)]
