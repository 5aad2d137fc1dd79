"""From the name of a model to a model that can be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .checkpoints.load import load as load_checkpoint
from .errors import InputError, nearest
from .fake_model import FakeModel
from .generation.runner import in_own_thread
from .generation.scheduler import EngineConfig
from .model import Model

LOAD_OPTIONS = ("device", "dtype", "weights_name", "transforms", "understanding_only")


def load(model: str | Path = "pocket", *, engine: EngineConfig | None = None, **options: Any) -> Model:
    """Load a model: "pocket", a folder with the published layout, or a hub id.

    "fake" is a model without weights that gives words back for words and plain pictures. `engine` says how requests
    share a model. Options: device ("auto", "cpu", "cuda", "mps"), dtype ("auto", "float32",
    "bfloat16"), weights_name, understanding_only. Raises CheckpointError for a folder that is missing, incomplete or
    of another kind.
    """
    if not (engine is None or isinstance(engine, EngineConfig)):
        raise InputError(f"engine is {engine!r}; expected an EngineConfig(...)")
    for name in options:
        if name not in LOAD_OPTIONS:
            hint = nearest(name, LOAD_OPTIONS)
            raise InputError(f'unknown option "{name}"{hint}; known: {", ".join(LOAD_OPTIONS)}')
    if str(model) == "fake":
        return FakeModel(engine=engine)
    return in_own_thread(lambda: Model(load_checkpoint(str(model), for_answering=True, **options), str(model), engine))
