"""Karpathy's files of captions and splits: dataset_flickr8k.json, dataset_flickr30k.json, dataset_coco.json."""

from __future__ import annotations

from ..errors import InputError
from .archives import Found
from .captioned import Gathered
from .problems import Problems


def read(file: Found, problems: Problems) -> Gathered:
    """All pictures; InputError for a file of another kind."""

    said = file.json()
    images = said.get("images") if isinstance(said, dict) else None
    if not isinstance(images, list):
        raise InputError(f"{file.place} holds no list of images; expected Karpathy's captions and splits")
    gathered = Gathered(problems)
    for number, image in enumerate(images):
        where = f"{file.place}, images[{number}]"
        try:
            name, split, sentences = image["filename"], image["split"], image["sentences"]
            picture = gathered.picture(name, "train" if split == "restval" else split)
            for sentence in sentences:
                gathered.caption(picture.name, sentence["raw"], where)
        except (InputError, KeyError, TypeError, AttributeError) as error:
            problems.add("line", where, f"has no filename, split and sentences: {error or type(error).__name__}")
    return gathered
