"""Pictures with captions and splits, gathered from annotations in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ..errors import InputError
from .problems import Problems

SPLITS = {"dev": "validation", "val": "validation", "valid": "validation", "testing": "test", "training": "train"}
"""What splits are called elsewhere."""
NO_SPLIT = "train"


@dataclass
class Captioned:
    """One picture. name: of its file. captions: in the order of the annotations."""

    name: str
    split: str
    captions: list[str] = field(default_factory=list)


class Gathered:
    """Pictures by the name of their file; grows as annotations are read."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self._pictures: dict[str, Captioned] = {}

    def picture(self, name: str, split: str = NO_SPLIT) -> Captioned:
        """The picture of that name; one that is new belongs to `split`."""
        plain = plain_name(name)
        return self._pictures.setdefault(plain, Captioned(plain, SPLITS.get(split, split)))

    def caption(self, name: str, text: object, where: str) -> None:
        """One more caption of a picture; a problem where it is no text or empty."""
        said = " ".join(text.split()) if isinstance(text, str) else ""
        if not said:
            self.problems.add("line", where, f"the caption of {name} is {text!r}; expected a text")
        else:
            self.picture(name).captions.append(said)

    def add(self, name: str, caption: object, split: str, where: str) -> None:
        """A caption of a picture that a line names; a problem where it names none."""
        try:
            picture = self.picture(name.strip(), split)
        except InputError as error:
            self.problems.add("line", where, f"{error}; expected a picture's name and a caption")
            return
        self.caption(picture.name, caption, where)

    def __contains__(self, name: str) -> bool:
        return plain_name(name) in self._pictures

    def __iter__(self) -> Iterator[Captioned]:
        """Pictures that have a caption; the others are problems."""
        for picture in self._pictures.values():
            if picture.captions:
                yield picture
            else:
                self.problems.add("uncaptioned", picture.name, "no annotation describes it")


def plain_name(name: str) -> str:
    """The name of a file without any folders; InputError for what can be none."""
    plain = PurePosixPath(name.replace("\\", "/")).name
    if plain in ("", ".", "..") or "\0" in plain:
        raise InputError(f"{name!r} cannot be the name of a picture")
    return plain


def text_lines(data: bytes, where: str, problems: Problems) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers from 1; one that is no UTF-8 is a problem."""
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            problems.add("line", f"{where}, line {number}", f"is not UTF-8 (byte {error.start})")
            continue
        if text.strip():
            yield number, text
