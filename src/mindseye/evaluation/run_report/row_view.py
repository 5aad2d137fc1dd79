"""A row as the page shows it: texts and pictures in order, ours and the true ones, scores and the error."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...inputs.row_forms import MARK, PictureField
from ..final_answer import final_answer
from ..samples import Sample
from .thumbnails import thumbnail

LONGEST_TEXT = 20_000  # characters of a text that are shown
MOST_PICTURES = 40  # of a trace that are shown

Part = dict[str, str]


def row_view(sample: Sample, scores: Mapping[str, float], folder: Path) -> dict[str, Any]:
    """What the page's script draws. Links to full pictures are relative to `folder`, where the page lies."""
    drawn = dict(enumerate(sample.output_images, start=1))
    true = {picture.field: picture for picture in sample.truth.pictures}
    return {
        "id": str(sample.sample_id),
        "question": list(_question(sample, folder)),
        "ours": list(_trace(sample.output_text, {f"output_image_{n}": path for n, path in drawn.items()}, folder)),
        "true": list(_trace(sample.truth.reasoning, {name: _find(sample, one) for name, one in true.items()}, folder)),
        "answer": final_answer(sample.output_text) if sample.truth.answer else "",
        "trueAnswer": _cut(" / ".join(sample.truth.answers)),
        "error": _cut(sample.error or ""),
        "scores": {name: round(value, 4) for name, value in scores.items()},
    }


def _question(sample: Sample, folder: Path) -> Iterator[Part]:
    pictures = iter(sample.problem_images)
    for part in sample.asked.parts if sample.asked else ():
        if isinstance(part, str):
            yield {"text": _cut(part.strip())}
        else:
            yield _picture(next(pictures, None), folder, part.field)


def _trace(text: str, pictures: Mapping[str, Path | bytes | None], folder: Path) -> Iterator[Part]:
    """Texts and pictures at their marks; pictures without one come last."""
    shown: set[str] = set()
    for number, piece in enumerate(MARK.split(text)):
        if number % 2 == 0:
            if piece.strip():
                yield {"text": _cut(piece.strip())}
        elif piece in pictures:
            shown.add(piece)
            if len(shown) <= MOST_PICTURES:
                yield _picture(pictures[piece], folder, piece)
    rest: Sequence[str] = [name for name in pictures if name not in shown]
    for name in rest[: max(MOST_PICTURES - len(shown), 0)]:
        yield _picture(pictures[name], folder, name)


def _picture(picture: Path | bytes | None, folder: Path, name: str) -> Part:
    small = thumbnail(picture) if picture is not None else None
    if small is None:
        return {"text": f"({name} is missing)"}
    link = os.path.relpath(picture, folder) if isinstance(picture, Path) else ""
    return {"image": small, "name": name, "link": Path(link).as_posix() if link else ""}


def _find(sample: Sample, picture: PictureField) -> Path | bytes | None:
    try:
        return sample.finder.find(picture)
    except InputError:
        return None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} ... ({len(text)} characters)"
