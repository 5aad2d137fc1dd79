"""From a published data set of captions to rows: gather annotations, look at the pictures, write."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, nearest
from ..inputs.row_lessons import CAPTION_REQUEST
from ..whole_files import write_whole
from . import coco, flickr8k, flickr30k
from .archives import Source
from .captioned import Gathered
from .checks import Looked, pictures_of
from .problems import KINDS, Problems
from .writing import Prepared, check_format, conversation, write_rows

READERS: dict[str, Callable[[Source, Problems], Gathered]] = {
    "coco": coco.read,
    "flickr8k": flickr8k.read,
    "flickr30k": flickr30k.read,
}
"""A line a published data set."""
REPORT = "problems.json"
Watch = Callable[[int], None]
"""Told how many pictures are done."""


@dataclass(frozen=True)
class Outcome:
    """What became of a data set. files: rows by file, none where it was only checked. splits: pictures by split."""

    files: dict[str, int]
    splits: dict[str, int]
    num_captions: int
    problems: Problems

    def as_json(self) -> dict[str, Any]:
        """All of it, every problem included."""
        return {
            "files": self.files,
            "pictures": self.splits,
            "captions": self.num_captions,
            "problems": self.problems.counts,
            "found": self.problems.as_json(),
        }


@dataclass(frozen=True)
class Wanted:
    """What is to be made of a data set.

    output: a folder for the rows, None to look only. kind: "jsonl" or "parquet". is_checked: open every picture,
    leave out corrupt ones, find equal ones.
    """

    output: Path | None
    kind: str = "jsonl"
    is_checked: bool = False

    def __post_init__(self) -> None:
        check_format(self.kind)


def prepare(name: str, folder: Path, wanted: Wanted, watch: Watch = lambda count: None) -> Outcome:
    """Read the data set `name` in `folder` and write its rows.

    InputError where there is nothing to prepare, and for annotations that cannot be read at all.
    """
    if name not in READERS:
        raise InputError(f'unknown data set "{name}"{nearest(name, READERS)}; known: {", ".join(READERS)}')
    problems = Problems()
    source = Source(folder, problems)
    pictures = pictures_of(READERS[name](source, problems), source, problems, wanted.is_checked)
    return finish(_rows(name, pictures, wanted, problems), wanted, problems, watch)


def finish(rows: Iterable[Prepared], wanted: Wanted, problems: Problems, watch: Watch = lambda count: None) -> Outcome:
    """Write rows and, where there are problems, a list of them; InputError where there are no rows to write."""
    splits: Counter[str] = Counter()
    captions: Counter[str] = Counter()

    def counted() -> Iterator[Prepared]:
        for row in rows:
            yield row
            splits[row.fields["split"]] += 1
            captions.update(all=len(row.fields["captions"]))
            watch(splits.total())

    files = {}
    if wanted.output:
        files = write_rows(counted(), wanted.output, wanted.kind)
    else:
        deque(counted(), maxlen=0)
    outcome = Outcome(files, dict(splits), captions["all"], problems)
    if wanted.output and not splits:
        what = ", ".join(f"{count} {KINDS[kind]}" for kind, count in problems.counts.items())
        raise InputError(f"there is no picture with a caption to write ({what or 'none is named'})")
    if wanted.output and problems.found:
        write_whole(wanted.output / REPORT, json.dumps(outcome.as_json(), ensure_ascii=False, indent=2))
    return outcome


def _rows(name: str, pictures: Iterable[Looked], wanted: Wanted, problems: Problems) -> Iterator[Prepared]:
    """A row a picture, with the bytes of its file where it is in an archive or shall be in a table."""
    for looked in pictures:
        picture, path = looked.picture, looked.file.path
        fields = {
            "sample_id": f"{name}-{Path(picture.name).stem}",
            "split": picture.split,
            "source": name,
            "conversations": conversation(CAPTION_REQUEST, picture.captions[0]),
            "captions": picture.captions,
        }
        try:
            is_linked = path is not None and (wanted.kind == "jsonl" or wanted.output is None)
            yield Prepared(fields, path if is_linked and path else looked.file.read(), picture.name)
        except InputError as error:
            problems.add("corrupt", picture.name, str(error))
