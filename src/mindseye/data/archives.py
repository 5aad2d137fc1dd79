"""The files of a published data set, in folders and archives below one folder, found by their names.

Nothing is unpacked: a file in an archive is read where it lies, and its name never becomes a path here.
"""

from __future__ import annotations

import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import InputError, nearest
from ..given_files import parse_json, read_given
from ..inputs.images import LARGEST_FILE
from .problems import Problems

Read = Callable[[int], bytes]
"""The bytes of a file that has at most so many; OSError or InputError where it cannot be read."""
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)
LARGEST_JSON = 2_000_000_000  # bytes; the captions of COCO have 92 MB
PACKED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".rar", ".7z", ".gz")
CLUTTER = ("__MACOSX",)


@dataclass(frozen=True)
class Found:
    """A file: where it lies (for people), the file on the disk if it is one by itself, and how to read it."""

    place: str
    path: Path | None
    read_bytes: Read

    def read(self, largest: int = LARGEST_FILE) -> bytes:
        """Its bytes; InputError where they cannot be had."""
        try:
            return self.read_bytes(largest)
        except OSError as error:
            raise InputError(f"{self.place} cannot be read: {error.strerror or error}") from error
        except DAMAGED as error:
            raise InputError(f"{self.place} is damaged in its archive: {str(error) or type(error).__name__}") from error

    def json(self) -> Any:
        """What it says as JSON; InputError where it is broken."""
        data = self.read(LARGEST_JSON)
        if not data.strip():
            raise InputError(f"{self.place} is empty; download it again")
        try:
            return parse_json(data)
        except ValueError as error:
            raise InputError(f"{self.place} is broken JSON ({error}); download it again") from error


class Source:
    """All files below a folder, those in zip and tar archives too, by name.

    Of files with one name the first counts: those that lie by themselves come before those in archives.
    """

    def __init__(self, folder: Path, problems: Problems) -> None:
        """InputError for a folder that is missing or empty; archives that cannot be read are problems."""
        if folder.is_file():
            raise InputError(f"--source {folder} is a file; name the folder in which it lies: {folder.parent}")
        if not folder.is_dir():
            siblings = [p.name for p in folder.parent.iterdir()] if folder.parent.is_dir() else []
            raise InputError(
                f"--source {folder} is no folder{nearest(folder.name, siblings)}; name where the data lies"
            )
        self.folder = folder
        self._problems = problems
        self._files: dict[str, Found] = {}
        archives = []
        for path in _walk(folder):
            if path.suffix.lower() in (".zip", ".tar"):
                archives.append(path)
            elif path.name.lower().endswith(PACKED):
                problems.add("archive", path, "is packed in a way that is not read; unpack it")
            else:
                self._files.setdefault(path.name, _on_disk(path))
        for path in archives:
            self._open(path)
        if not self._files:
            raise InputError(f"--source {folder} holds no file; name the folder with the archives and annotations")

    def __len__(self) -> int:
        return len(self._files)

    def find(self, name: str) -> Found | None:
        """The file of that name, whatever folder it is in."""
        return self._files.get(PurePosixPath(name.replace("\\", "/")).name)

    def names(self, suffixes: tuple[str, ...]) -> list[str]:
        """Names with one of these endings, sorted."""
        return sorted(name for name in self._files if name.lower().endswith(suffixes))

    def need(self, *names: str) -> Found:
        """The first of these files that is there; InputError names them all."""
        found = next((file for name in names if (file := self.find(name))), None)
        if found is None:
            hint = nearest(names[0], self._files)
            raise InputError(f"{self.folder} holds no {' and no '.join(names)}, in no archive either{hint}")
        return found

    def _open(self, path: Path) -> None:
        try:
            members = _zip_members(path) if path.suffix.lower() == ".zip" else _tar_members(path)
            for name, read in members:
                self._add(path, name, read)
        except (*DAMAGED, OSError) as error:
            self._problems.add("archive", path, f"cannot be read: {str(error) or type(error).__name__}")

    def _add(self, archive: Path, name: str, read: Read) -> None:
        inside = PurePosixPath(name.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in (inside.parts or ("",))[0] or "\0" in name:
            self._problems.add("unsafe", archive, f"holds {name!r}, whose name leads elsewhere; it is not read")
        elif not inside.name.startswith("._") and not set(CLUTTER) & set(inside.parts):
            self._files.setdefault(inside.name, Found(f"{archive}:{name}", None, read))


def _walk(folder: Path) -> Iterator[Path]:
    """Plain files below a folder, sorted; links to folders are not followed."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in CLUTTER)
        for name in sorted(files):
            path = Path(here, name)
            if not name.startswith("._") and path.is_file():
                yield path


def _on_disk(path: Path) -> Found:
    return Found(str(path), path, lambda largest: read_given(path, largest))


def _zip_members(path: Path) -> Iterator[tuple[str, Read]]:
    archive = zipfile.ZipFile(path)  # stays open as long as somebody may read from it

    def reader(info: zipfile.ZipInfo) -> Read:
        def read(largest: int) -> bytes:
            _check_size(info.filename, info.file_size, largest)
            with archive.open(info) as file:
                return file.read()  # never more than the size that was checked

        return read

    for info in archive.infolist():
        if not info.is_dir():
            yield info.filename, reader(info)


def _tar_members(path: Path) -> Iterator[tuple[str, Read]]:
    archive = tarfile.open(path, "r:")  # noqa: SIM115 - as above

    def reader(info: tarfile.TarInfo) -> Read:
        def read(largest: int) -> bytes:
            _check_size(info.name, info.size, largest)
            with path.open("rb") as file:  # one handle would not do for several threads
                file.seek(info.offset_data)
                data = file.read(info.size)
            if len(data) < info.size:
                raise EOFError("the archive is cut short")
            return data

        return read

    for info in archive:
        if info.isfile() and not info.issparse():
            yield info.name, reader(info)


def _check_size(name: str, size: int, largest: int) -> None:
    if size > largest:
        raise InputError(f"{name} has {size / 1e6:,.0f} MB; at most {largest / 1e6:,.0f} MB are read")
