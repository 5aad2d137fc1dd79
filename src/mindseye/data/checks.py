"""Are the pictures of a data set there, whole, and different from each other?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from ..errors import InputError
from ..inputs.images import open_image
from ..inputs.segments import content_of
from .archives import Found, Source
from .captioned import Captioned
from .problems import Problems

AT_ONCE = 4  # pictures, since decoding lets other threads work
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Looked:
    """A picture of a data set and its file. digest: of its pixels, None where nobody looked at them."""

    picture: Captioned
    file: Found
    digest: bytes | None = None


def pictures_of(
    pictures: Iterable[Captioned], source: Source, problems: Problems, is_checked: bool
) -> Iterator[Looked]:
    """The pictures whose files are there, in order; problems hear of the others.

    Where `is_checked`, every file is opened: corrupt ones are problems and left out, pictures with equal pixels are
    problems and stay.
    """
    there = _there(pictures, source, problems)
    if not is_checked:
        yield from there
        return
    seen: dict[bytes, Captioned] = {}
    for looked in _map(_look, there):
        if isinstance(looked, str):
            name, _, reason = looked.partition("\0")
            problems.add("corrupt", name, reason)
            continue
        assert looked.digest is not None
        first = seen.setdefault(looked.digest, looked.picture)
        if first is not looked.picture:
            across = "" if first.split == looked.picture.split else f", across splits ({looked.picture.split})"
            problems.add("duplicate", looked.picture.name, f"shows the same as {first.name} of {first.split}{across}")
        yield looked


def _there(pictures: Iterable[Captioned], source: Source, problems: Problems) -> Iterator[Looked]:
    for picture in pictures:
        file = source.find(picture.name)
        if file is None:
            problems.add("missing", picture.name, f"of {picture.split} is in no folder and no archive")
        else:
            yield Looked(picture, file)


def _look(looked: Looked) -> Looked | str:
    """With the digest of its pixels, or its name and what is wrong with it."""
    try:
        return Looked(looked.picture, looked.file, content_of(open_image(looked.file.read())))
    except InputError as error:
        return f"{looked.picture.name}\0{str(error).replace('the given image data', 'the file')}"


def _map(work: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """`work` on all things, in order, some at a time."""
    waiting = iter(things)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while some := list(islice(waiting, AT_ONCE * 4)):
            yield from pool.map(work, some)
