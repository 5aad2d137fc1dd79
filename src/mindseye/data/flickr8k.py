"""Flickr8k: captions in Flickr8k.token.txt ("name.jpg#0<tab>a caption"), splits in lists of names.

Also read: captions.txt ("image,caption"), which comes without splits, and dataset_flickr8k.json.
"""

from __future__ import annotations

import csv

from ..errors import InputError
from . import karpathy
from .archives import Found, Source
from .captioned import NO_SPLIT, Gathered, text_lines
from .problems import Problems

LARGEST = 200_000_000  # bytes of a text file
TOKENS, PLAIN, WHOLE = "Flickr8k.token.txt", "captions.txt", "dataset_flickr8k.json"
LISTS = {"train": "Flickr_8k.trainImages.txt", "dev": "Flickr_8k.devImages.txt", "test": "Flickr_8k.testImages.txt"}
UNLISTED = "unlisted"
"""The split of pictures that none of the lists names."""


def read(source: Source, problems: Problems) -> Gathered:
    """All pictures with captions; InputError where there is no file of captions."""
    if not source.find(TOKENS) and not source.find(PLAIN) and source.find(WHOLE):
        return karpathy.read(source.need(WHOLE), problems)
    file = source.need(TOKENS, PLAIN, WHOLE)
    gathered = Gathered(problems)
    read_lists(source, LISTS, gathered)
    if source.find(TOKENS):
        read_tokens(file, gathered, split_of(source, LISTS))
    else:
        _read_plain(file, gathered, split_of(source, LISTS))
    return gathered


def read_lists(source: Source, lists: dict[str, str], gathered: Gathered) -> None:
    """Lists of file names, one a line, by split."""
    for split, name in lists.items():
        file = source.find(name)
        for number, line in text_lines(file.read(LARGEST), file.place, gathered.problems) if file else ():
            picture = line.strip() if "." in line else f"{line.strip()}.jpg"
            if picture in gathered:
                gathered.problems.add("line", f"{name}, line {number}", f"{picture} is in two splits; the first counts")
            else:
                gathered.picture(picture, split)


def split_of(source: Source, lists: dict[str, str]) -> str:
    """The split of pictures that no list names: all of them where there are no lists."""
    return UNLISTED if any(source.find(name) for name in lists.values()) else NO_SPLIT


def read_tokens(file: Found, gathered: Gathered, split: str) -> None:
    """Lines of a name, "#", a number, a tab and a caption."""
    count = 0
    for number, line in text_lines(file.read(LARGEST), file.place, gathered.problems):
        count += 1
        name, tab, caption = line.partition("\t")
        gathered.add(name.rpartition("#")[0] if tab else "", caption, split, f"{file.place}, line {number}")
    if not count:
        raise InputError(f"{file.place} is empty; download it again")


def _read_plain(file: Found, gathered: Gathered, split: str) -> None:
    lines = text_lines(file.read(LARGEST), file.place, gathered.problems)
    head = next(lines, (0, ""))[1]
    if head.replace(" ", "").lower() != "image,caption":
        raise InputError(f'{file.place} begins with "{head[:60]}"; expected "image,caption" and such lines')
    for number, line in lines:
        name, _, caption = line.partition(",")
        said = next(csv.reader([caption]), [""]) if caption.startswith('"') else [caption]
        gathered.add(name, said[0], split, f"{file.place}, line {number}")
