"""Flickr30k: captions in results.csv ("name.jpg| 0| a caption"), or with splits in flickr_annotations_30k.csv.

results.csv knows no splits: they are taken from flickr_annotations_30k.csv, else from train.txt, val.txt and test.txt,
else all pictures are for training. Also read: results_20130124.token and dataset_flickr30k.json.
"""

from __future__ import annotations

import csv
import io
import re

from ..errors import InputError
from ..given_files import parse_json
from . import karpathy
from .archives import Found, Source
from .captioned import Gathered, text_lines
from .flickr8k import LARGEST, read_lists, read_tokens, split_of
from .problems import Problems

PIPES, TABLE, TOKENS = "results.csv", "flickr_annotations_30k.csv", "results_20130124.token"
WHOLE = "dataset_flickr30k.json"
LISTS = {"train": "train.txt", "val": "val.txt", "test": "test.txt"}
COLUMNS = ("raw", "split", "filename")
UNDIVIDED = re.compile(r"\s*(\d+)\s+(\S.*)")
"""The published file has one line in which the bar before the caption is missing."""


def read(source: Source, problems: Problems) -> Gathered:
    """All pictures with captions; InputError where there is no file of captions."""
    gathered = Gathered(problems)
    table = source.find(TABLE)
    if table is not None:
        _read_table(table, gathered)
        return gathered
    if not source.find(PIPES) and not source.find(TOKENS) and source.find(WHOLE):
        return karpathy.read(source.need(WHOLE), problems)
    file = source.need(PIPES, TABLE, TOKENS, WHOLE)
    read_lists(source, LISTS, gathered)
    if source.find(PIPES):
        _read_pipes(file, gathered, split_of(source, LISTS))
    else:
        read_tokens(file, gathered, split_of(source, LISTS))
    return gathered


def _read_pipes(file: Found, gathered: Gathered, split: str) -> None:
    lines = text_lines(file.read(LARGEST), file.place, gathered.problems)
    head = next(lines, (0, ""))[1]
    if [cell.strip() for cell in head.split("|")] != ["image_name", "comment_number", "comment"]:
        raise InputError(f'{file.place} begins with "{head[:60]}"; expected "image_name| comment_number| comment"')
    for number, line in lines:
        where = f"{file.place}, line {number}"
        name, *rest = line.split("|", 2)
        undivided = UNDIVIDED.fullmatch(rest[0]) if len(rest) == 1 else None
        if undivided:
            gathered.problems.add("repaired", where, "has no bar before its caption")
            rest = list(undivided.groups())
        if len(rest) != 2 or not name.strip():
            gathered.problems.add("line", where, f'is "{line[:60]}"; expected a name, a number and a caption')
            continue
        gathered.add(name, rest[1], split, where)


def _read_table(file: Found, gathered: Gathered) -> None:
    data = file.read(LARGEST).removeprefix(b"\xef\xbb\xbf")
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise InputError(f"{file.place} has no column {', '.join(missing)}; expected {', '.join(COLUMNS)}")
        for row in rows:
            _read_row(row, f"{file.place}, line {rows.line_num}", gathered)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file.place} is no table of UTF-8 text ({error}); download it again") from error


def _read_row(row: dict[str, str | None], where: str, gathered: Gathered) -> None:
    try:
        captions = parse_json(row["raw"] or "")
        if not isinstance(captions, list):
            raise ValueError("raw is no list of captions")
        picture = gathered.picture(row["filename"] or "", row["split"] or "train")
    except (ValueError, InputError) as error:
        gathered.problems.add("line", where, f"names no picture with a list of captions: {error}")
        return
    for caption in captions:
        gathered.caption(picture.name, caption, where)
