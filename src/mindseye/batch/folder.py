"""The folder of a run: its name, its lock, its summary.

OUTPUT/batch_inference_YYYYmmdd_HHMMSS/
  results.jsonl   a line a row     summary.json   settings, versions, model, counts, times
  output_images/<sample_id>/problem_image_N.png, output_image_N.png
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..inputs.sample_ids import SampleId, folder_name
from .results import write_whole

NAME = "batch_inference_%Y%m%d_%H%M%S"
_NAME = re.compile(r"batch_inference_\d{8}_\d{6}")


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run."""

    path: Path

    @property
    def results(self) -> Path:
        return self.path / "results.jsonl"

    @property
    def summary(self) -> Path:
        return self.path / "summary.json"

    def picture(self, sample_id: SampleId, name: str) -> Path:
        """Where a picture of a row lies."""
        return self.path / "output_images" / folder_name(sample_id) / f"{name}.png"

    def relative(self, path: Path) -> str:
        """A path as results.jsonl has it: from the run's folder, with slashes."""
        return path.relative_to(self.path).as_posix()

    def read_summary(self) -> dict[str, Any]:
        """What summary.json says; InputError when it is missing or broken."""
        try:
            said = json.loads(self.summary.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise InputError(f"{self.path} is no folder of a batch run: it has no summary.json") from error
        except (OSError, ValueError) as error:
            raise InputError(f"{self.summary} cannot be read: {error}") from error
        if not isinstance(said, dict):
            raise InputError(f"{self.summary} holds no object; it is no summary of a batch run")
        return said

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write summary.json, whole or not at all."""
        write_whole(self.summary, json.dumps(summary, ensure_ascii=False, indent=2, default=str).encode())


class RunLock:
    """Held by the one process that writes into a run's folder; the kernel lets go of it when that process dies."""

    def __init__(self, folder: RunFolder) -> None:
        """Take the lock; InputError when another run has it."""
        self._handle = os.open(folder.path, os.O_RDONLY)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._handle)
            raise InputError(
                f"another run is writing into {folder.path}; wait for it, or leave --resume out for a folder of its own"
            ) from error

    def release(self) -> None:
        """Let another run in."""
        os.close(self._handle)


def new_folder(output: Path) -> RunFolder:
    """A folder named after this second, or the next free one."""
    output.mkdir(parents=True, exist_ok=True)
    while True:
        path = output / datetime.now().strftime(NAME)
        try:
            path.mkdir()
            return RunFolder(path)
        except FileExistsError:
            time.sleep(0.2)


def newest_folder(output: Path) -> RunFolder | None:
    """The newest run in an output folder, or None. One without a summary has not begun."""
    found = [path for path in output.glob("batch_inference_*") if _NAME.fullmatch(path.name)]
    begun = sorted(path for path in found if (path / "summary.json").is_file())
    return RunFolder(begun[-1]) if begun else None


def open_folder(named: str | Path, output: Path) -> RunFolder | None:
    """The folder to go on with: as named, or the newest of `output` for ""; None when there is none."""
    if named == "":
        return newest_folder(output)
    path = Path(named)
    if not path.is_dir():
        raise InputError(
            f"--resume names {path}, which is no folder; expected one like batch_inference_20260102_030405"
        )
    return RunFolder(path)
