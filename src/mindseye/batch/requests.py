"""From a row to the request that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import PIL.Image

from ..errors import InputError
from ..generation.policies import WhenToDraw
from ..inputs.images import open_image
from ..inputs.row_forms import Asked, PictureField, read_truth
from ..inputs.row_pictures import PictureFinder
from ..inputs.rows import Row
from ..inputs.sample_ids import row_seed
from ..messages import Image
from .settings import RowSettings
from .tasks import task_of

if TYPE_CHECKING:
    from ..generation.turns import Request
    from ..model import Model


@dataclass(frozen=True, eq=False)
class Prepared:
    """A row with its pictures opened, or the reason why that failed.

    pictures: those that the question shows, in order. kept: pictures of the row that came as bytes, by the name that
    they are saved under.
    """

    row: Row
    task: str = ""
    pictures: tuple[PIL.Image.Image, ...] = ()
    kept: Mapping[str, bytes] = field(default_factory=dict)
    error: str | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it can be asked."""
        return self.error is None


class RowPreparer:
    """Opens what rows name. May be called from any thread."""

    def __init__(self, settings: RowSettings, image_root: Path | None, here: Path | None = None) -> None:
        """Pictures are looked for in `here` (the working directory), beside the rows and in `image_root`."""
        self._settings = settings
        self._image_root = image_root
        self._here = here or Path()

    def prepare(self, row: Row) -> Prepared:
        """The row with its pictures; whatever is wrong with it becomes its error."""
        try:
            asked = row.asked
            task = task_of(asked, row.fields, self._settings.task)
            finder = PictureFinder.beside(row.file, self._image_root, self._here)
            pictures = tuple(_open(picture, finder) for picture in asked.pictures)
            return Prepared(row, task, pictures, _kept(row))
        except Exception as error:  # one row's error is no other's
            return Prepared(row, error=told(error))


def make_request(model: Model, prepared: Prepared, settings: RowSettings) -> Request:
    """The request for a row; InputError for what the model cannot be asked."""
    asked = prepared.row.asked
    options: dict[str, Any] = {**settings.options, "think": settings.think}
    options["system_prompt"] = settings.system_prompt or asked.system_prompt
    seed = row_seed(settings.seed, prepared.row.sample_id)
    task = prepared.task
    if task in ("reason", "generate"):
        options["when_to_draw"] = WhenToDraw(
            "model" if settings.max_images else "never",
            settings.image_bias,
            max_rounds=settings.max_rounds,
            max_images=settings.max_images,
        )
        task = "generate"
    messages = _messages(asked, prepared.pictures)
    if len(messages) == 1:
        return model.request(task, messages[0][1], seed=seed, **options)  # type: ignore[arg-type]
    return model.request(task, messages=messages, seed=seed, **options)  # type: ignore[arg-type]


def told(error: BaseException) -> str:
    """The reason of a failure in one line."""
    text = " ".join(str(error).split()) or "no reason given"
    return text if isinstance(error, InputError) else f"{type(error).__name__}: {text}"


def _messages(asked: Asked, pictures: tuple[PIL.Image.Image, ...]) -> list[tuple[str, list[object]]]:
    waiting = iter(pictures)
    return [
        (turn.role, [part.strip() if isinstance(part, str) else Image(next(waiting)) for part in turn.parts])
        for turn in asked.turns
    ]


def _open(picture: PictureField, finder: PictureFinder) -> PIL.Image.Image:
    found = finder.find(picture)
    try:
        return open_image(found)
    except InputError as error:
        raise InputError(f"{picture.field}: {error}") from error


def _kept(row: Row) -> dict[str, bytes]:
    """True pictures that came as bytes: a line of JSON cannot hold them."""
    return {one.field: one.source for one in read_truth(row.fields).pictures if isinstance(one.source, bytes)}
