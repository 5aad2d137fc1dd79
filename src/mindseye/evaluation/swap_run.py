"""Asks a model the questions of a data set with their own picture, another's and a blank one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import PIL.Image

from ..errors import InputError
from ..inputs.images import open_image
from ..inputs.row_forms import Asked, read_truth
from ..inputs.row_pictures import PictureFinder
from ..inputs.rows import Row
from ..inputs.sample_ids import row_seed
from ..messages import Image
from ..reply import Reply
from .swap import Answers, Asking, SwapRow, SwapScores, check_match, partners, swap_scores

if TYPE_CHECKING:
    from ..generation.turns import Request
    from ..model import Model

GREY = (128, 128, 128)
AT_ONCE = 16  # requests
Watch = Callable[[int, int], None]
"""Told how many questions are answered, of how many."""


@dataclass(frozen=True)
class SwapSettings:
    """How a data set is asked. num: rows at most. options: fields of TextParams."""

    num: int = 200
    seed: int = 0
    match: str = "auto"
    image_root: Path | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.num < 2:
            raise InputError(f"num is {self.num}; expected 2 or more: a picture is swapped with another row's")
        check_match(self.match)


@dataclass(frozen=True)
class SwapResult:
    """The scores, the rows behind them, and why other rows did not take part."""

    scores: SwapScores
    rows: tuple[SwapRow, ...]
    left_out: tuple[str, ...]
    errors: tuple[str, ...]


def measure_swap(
    model: Model, rows: Iterable[Row], settings: SwapSettings, watch: Watch = lambda done, total: None
) -> SwapResult:
    """Ask the first `num` fitting rows three times each; InputError where none fits.

    A row fits if it asks something about one picture in words and knows a true answer.
    """
    left_out: list[str] = []
    chosen = list(_fitting(rows, settings, left_out))
    askings = [one.asking for one in chosen]
    numbers = list(enumerate(partners(askings, settings.seed)))
    left_out += [f"{askings[n].key}: every other row has the same truth" for n, other in numbers if other is None]
    pairs = [(chosen[n], chosen[other]) for n, other in numbers if other is not None]
    requests = (request for pair in pairs for request in _requests(model, *pair, settings))
    said: list[str | None] = []
    errors: list[str] = []
    for _, reply in model.map(requests, window=AT_ONCE, in_order=True):
        said.append(reply.text if isinstance(reply, Reply) else None)
        if not isinstance(reply, Reply):
            errors.append(f"{pairs[(len(said) - 1) // 3][0].asking.key}: {reply}")
        watch(len(said), 3 * len(pairs))
    made = tuple(
        SwapRow(row.asking, other.asking, Answers(*said[3 * n : 3 * n + 3])) for n, (row, other) in enumerate(pairs)
    )
    return SwapResult(swap_scores(made, settings.match), made, tuple(left_out), tuple(errors))


@dataclass(frozen=True)
class _Fitting:
    """A row that takes part, and its picture, which can be opened."""

    row: Row
    asked: Asked
    asking: Asking
    picture: Path | bytes


def _fitting(rows: Iterable[Row], settings: SwapSettings, left_out: list[str]) -> Iterator[_Fitting]:
    """The first rows that fit; `left_out` hears of the others, as far as rows were looked at."""
    count = 0
    for row in rows:
        if count == settings.num:
            return
        try:
            yield _fit(row, settings)
            count += 1
        except InputError as error:
            left_out.append(f"{row.key}: {error}")


def _fit(row: Row, settings: SwapSettings) -> _Fitting:
    asked = row.asked
    if len(asked.pictures) != 1 or not asked.words:
        raise InputError(f"asks about {len(asked.pictures)} pictures; expected a question in words about one")
    truths = read_truth(row.fields).answers
    if not truths:
        raise InputError("knows no true answer")
    picture = PictureFinder.beside(row.file, settings.image_root).find(asked.pictures[0])
    open_image(picture)
    return _Fitting(row, asked, Asking(row.key, asked.words, truths), picture)


def _requests(model: Model, row: _Fitting, other: _Fitting, settings: SwapSettings) -> Iterator[Request]:
    """The row's question with its own picture, the other's, and a blank one of its own size."""
    own = open_image(row.picture)
    seed = row_seed(settings.seed, row.row.sample_id)
    for picture in (own, open_image(other.picture), PIL.Image.new("RGB", own.size, GREY)):
        messages = [
            (turn.role, [part.strip() if isinstance(part, str) else Image(picture) for part in turn.parts])
            for turn in row.asked.turns
        ]
        options = {**settings.options, "seed": seed, "system_prompt": row.asked.system_prompt}
        yield model.request("ask", messages=messages, **options)
