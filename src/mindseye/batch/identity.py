"""What makes two runs the same run: settings that reach the results, the model, the input."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .settings import ModelChoice

SAMPLES = 16  # places of a weight file that are read
SAMPLE_SIZE = 65536  # bytes each
WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pt", ".pth")


def hash_file(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(files: Sequence[Path]) -> str:
    """SHA-256 over the contents of files, in order; their names do not matter."""
    return hashlib.sha256("\n".join(hash_file(path) for path in files).encode()).hexdigest()


def hash_model(folder: Path) -> str:
    """SHA-256 over a model's folder: small files whole, weights by size and by sixteen places.

    Reading fourteen gigabytes would take longer than the run's first rows; no training leaves those places as they
    were.
    """
    total = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")):
        size = path.stat().st_size
        total.update(f"{path.name} {size}\n".encode())
        if path.suffix in WEIGHT_SUFFIXES:
            total.update(_samples(path, size))
        elif path.suffix in (".json", ".txt", ".model", ".jinja"):
            total.update(hash_file(path).encode())
    return total.hexdigest()


def fingerprint(choice: ModelChoice) -> str:
    """What tells a model from others: its files; of the fake one, which has none, its name."""
    from ..checkpoints.locate import find_folder

    return "fake" if choice.name == "fake" else hash_model(find_folder(choice.name, choice.weights))


def check_same(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise InputError that says what differs between the identity of a run and that of its resumption."""
    differences = list(_differences(before, now))
    if differences:
        raise InputError(
            f"this is not the run that was begun: {'; '.join(differences)}. Use what it was begun with, or leave "
            "--resume out for a new run"
        )


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    found = []
    for name in dict.fromkeys((*before, *now)):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            found += _differences(old, new)
        elif name == "input_sha256":
            found.append("the input file has changed")
        elif name == "model_sha256":
            found.append("the model's files have changed")
        else:
            found.append(f"{name} was {old} and is {new}")
    return found


def _samples(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        found = hashlib.sha256()
        for number in range(SAMPLES):
            file.seek(number * max(size - SAMPLE_SIZE, 0) // (SAMPLES - 1))
            found.update(file.read(SAMPLE_SIZE))
        return found.digest()
