"""The rows of a finished run as samples: what was asked, what came, what would have been right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..inputs.images import open_image
from ..inputs.jsonl import parse_object, read_lines
from ..inputs.row_forms import MARK, Asked, PictureField, Truth, read_form, read_truth
from ..inputs.row_pictures import PictureFinder
from ..inputs.sample_ids import SampleId, folder_name

OUTPUT_FIELDS = ("output_reasoning", "output_images", "num_reasoning_steps", "num_generated_images")


@dataclass(frozen=True, eq=False)
class Sample:
    """One row of results.jsonl. Pictures are files or the bytes of files; one that is gone is left out."""

    sample_id: SampleId
    fields: dict[str, Any]
    folder: Path
    finder: PictureFinder

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.sample_id)

    @property
    def error(self) -> str | None:
        """Why the row failed, or None."""
        return self.fields.get("error")

    @property
    def output_text(self) -> str:
        """What was written, with marks where pictures stand; nothing for a row that failed."""
        return "" if self.error else str(self.fields.get("output_reasoning") or "")

    @cached_property
    def asked(self) -> Asked | None:
        """What the row asks, or None where it asks nothing."""
        try:
            return read_form(self.fields)
        except InputError:
            return None

    @cached_property
    def truth(self) -> Truth:
        """What the row says of the right answer."""
        return read_truth(self.fields)

    @property
    def question(self) -> str:
        """The words that were asked, with the marks that they came with."""
        question = self.fields.get("Question")
        return question if isinstance(question, str) else self.asked.words if self.asked else ""

    @property
    def output_images(self) -> list[Path]:
        """The pictures that were drawn."""
        named = [] if self.error else self.fields.get("output_images") or []
        return [path for name in named if (path := self.folder / name).is_file()]

    @property
    def true_images(self) -> list[Path | bytes]:
        """The pictures that would have been right."""
        return self._found(self.truth.pictures)

    @property
    def problem_images(self) -> list[Path | bytes]:
        """The pictures that the question shows: the run's copies, or where the row says that they are."""
        copies = self.folder / "output_images" / folder_name(self.sample_id)
        pictures = self.asked.pictures if self.asked else ()
        paths = [copies / f"problem_image_{number}.png" for number in range(1, len(pictures) + 1)]
        return list(paths) if all(path.is_file() for path in paths) else self._found(pictures)

    def count(self, name: str) -> int:
        """num_reasoning_steps or num_generated_images."""
        value = self.fields.get(name)
        return value if isinstance(value, int) and not self.error else 0

    def _found(self, pictures: Sequence[PictureField]) -> list[Path | bytes]:
        found = []
        for picture in pictures:
            try:
                found.append(self.finder.find(picture))
            except InputError:
                continue
        return found


def read_samples(results: Path, image_root: Path | None = None) -> list[Sample]:
    """All rows of a results.jsonl; InputError for what is none.

    Pictures are looked for in the working directory, beside the results, beside the rows that were asked and in
    the image root of the run (both as summary.json tells) or the one given.
    """
    finder = PictureFinder(_folders(results, image_root))
    samples = []
    for line in read_lines(results):
        if not line.is_whole:
            continue  # of a run that was killed; its --resume does that row again
        fields = parse_object(line)
        if "sample_id" not in fields or not any(name in fields for name in (*OUTPUT_FIELDS, "error")):
            raise InputError(
                f"{results}, line {line.number}, is no result: it has no sample_id or no output_reasoning; "
                "rows that nobody has answered need --model"
            )
        samples.append(Sample(fields["sample_id"], fields, results.parent, finder))
    if not samples:
        raise InputError(f"{results} holds no finished row yet")
    return samples


def pixels(picture: Path | bytes) -> np.ndarray:
    """A picture as (H, W, 3) uint8."""
    return np.asarray(open_image(picture))


def without_marks(text: str) -> str:
    """A text without the marks of its pictures."""
    return MARK.sub(" ", text).strip()


def _folders(results: Path, image_root: Path | None) -> tuple[Path, ...]:
    folders = [Path(), results.parent, *([image_root] if image_root else [])]
    try:
        said = json.loads((results.parent / "summary.json").read_text(encoding="utf-8"))
        folders += [Path(name).parent for name in said.get("input_files", [])]
        folders += [Path(root)] if (root := said.get("image_root")) else []
    except (OSError, ValueError, TypeError, AttributeError):
        pass  # results of another program have none
    return tuple(dict.fromkeys(folders))
