"""COCO captions: annotations/captions_train2017.json and its like, pictures by file name."""

from __future__ import annotations

import re
from typing import Any

from ..errors import InputError
from . import karpathy
from .archives import Found, Source
from .captioned import Gathered
from .problems import Problems

FILE = re.compile(r"captions_([a-z]+)(\d{4})\.json")
WHOLE = "dataset_coco.json"


def read(source: Source, problems: Problems) -> Gathered:
    """All pictures with captions, of the newest year that is there; InputError where there are no annotations."""
    found = {match: name for name in source.names((".json",)) if (match := FILE.fullmatch(name))}
    if not found:
        if source.find(WHOLE):
            return karpathy.read(source.need(WHOLE), problems)
        source.need("captions_train2017.json", WHOLE)
    year = max(match[2] for match in found)
    gathered = Gathered(problems)
    for match, name in found.items():
        if match[2] == year:
            _read_file(source.need(name), match[1], gathered)
        else:
            problems.add("line", name, f"is left aside, since there are captions of {year}")
    return gathered


def _read_file(file: Found, split: str, gathered: Gathered) -> None:
    said = file.json()
    images, annotations = (said.get(key) if isinstance(said, dict) else None for key in ("images", "annotations"))
    if not isinstance(images, list) or not isinstance(annotations, list):
        raise InputError(f"{file.place} holds no lists of images and annotations; expected COCO's captions")
    names: dict[Any, str] = {}
    for number, image in enumerate(images):
        try:
            names[image["id"]] = gathered.picture(image["file_name"], split).name
        except (InputError, KeyError, TypeError, AttributeError) as error:
            gathered.problems.add("line", f"{file.place}, images[{number}]", f"has no id and file_name: {_told(error)}")
    for number, annotation in enumerate(annotations):
        where = f"{file.place}, annotations[{number}]"
        try:
            gathered.caption(names[annotation["image_id"]], annotation.get("caption"), where)
        except (KeyError, TypeError, AttributeError) as error:
            gathered.problems.add("line", where, f"names no picture of this file: {_told(error)}")


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
