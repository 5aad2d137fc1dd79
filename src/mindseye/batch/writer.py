"""Puts finished rows on disk: pictures first, then the row, then it counts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .finished import Finished
from .folder import RunFolder
from .results import ResultsFile, as_disk_error, write_whole


@dataclass
class Counts:
    """What has been done in this session, and how many rows `before` it."""

    before: int = 0
    rows: int = 0
    failed: int = 0
    images: int = 0
    tokens: int = 0
    denoising_passes: int = 0

    def add(self, finished: Finished) -> None:
        """One more row."""
        self.rows += 1
        self.failed += finished.error is not None
        self.images += finished.num_images
        self.tokens += finished.tokens
        self.denoising_passes += finished.denoising_passes


class RunWriter:
    """Writes into one run's folder."""

    def __init__(self, folder: RunFolder, results: ResultsFile, num_before: int = 0) -> None:
        self._folder = folder
        self._results = results
        self.counts = Counts(num_before)

    def write(self, finished: Finished) -> None:
        """Put a row on disk; DiskFullError, with the row not written, where there is no room."""
        for name, data in finished.pictures.items():
            path = self._folder.picture(finished.sample_id, name)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise as_disk_error(error, path) from error
            write_whole(path, data, is_synced=name.startswith("output_"))  # copies of the input can be made again
        self._results.add([dict(finished.line)])
        self.counts.add(finished)

    def write_all(self, rows: Iterable[Finished]) -> None:
        """Put rows on disk as they come."""
        for finished in rows:
            self.write(finished)


def is_complete(folder: RunFolder, line: dict[str, Any]) -> bool:
    """Whether all pictures of a finished row are there: after a power cut a row may be on disk and they may not."""
    return all(_is_filled(folder, name) for name in line.get("output_images") or ())


def _is_filled(folder: RunFolder, name: str) -> bool:
    try:
        return os.stat(folder.path / name).st_size > 0
    except OSError:
        return False
