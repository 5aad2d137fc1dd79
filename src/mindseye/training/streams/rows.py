"""A stream of rows from files (`mindseye data prepare`, or anybody's JSONL and Parquet) for a model with eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ...errors import InputError, SettingsError
from ...inputs.image_processors import ImageProcessor
from ...inputs.row_files import RowFiles
from ...inputs.row_lessons import open_lesson, read_lesson
from ...inputs.row_order import Reading
from ...inputs.row_pictures import PictureFinder
from ...messages import Message
from ...settings import check_ranges
from ..objectives.grafted import SeenBatch, pack_seen
from .exhibit import Exhibit, last_answer
from .samples import ShuffledSamples
from .scenes import text_before_placeholder
from .sights import SightReader


@dataclass(frozen=True)
class RowSettings:
    """Which rows, and how many at once."""

    files: tuple[str, ...]
    """JSONL or Parquet; their pictures lie inside or beside them."""
    batch_size: int = 16
    held_out: tuple[str, ...] = ()
    """More files, from which nothing is learnt: what is shown as training goes on."""
    image_root: str | None = None
    """Another folder in which pictures may lie."""

    def __post_init__(self) -> None:
        check_ranges(self, batch_size=(1, 100_000))


class Conversations(Sequence[tuple[Message, ...]]):
    """Rows as messages with their pictures opened, read when they are asked for.

    SettingsError for a row that is broken or holds nothing to learn.
    """

    def __init__(self, settings: RowSettings) -> None:
        try:
            self.files = RowFiles([Path(file) for file in settings.files])
        except InputError as error:
            raise SettingsError(f"rows.files: {error}") from error
        self.image_root = Path(settings.image_root) if settings.image_root else None

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number):  # type: ignore[no-untyped-def]  # a slice is never asked for
        row = next(iter(self.files.read(Reading(start=number))))
        try:
            if row.broken is not None:
                raise InputError(row.broken)
            finder = PictureFinder.beside(row.file, self.image_root)
            return tuple(open_lesson(read_lesson(row.fields), finder))
        except InputError as error:
            raise SettingsError(f"{row.file}, row {row.number}: {error}; repair it or take it out") from error


@dataclass(frozen=True)
class RowStream:
    """Batches by number, shuffled anew each round; each also holds the answers for the contrastive loss."""

    settings: RowSettings
    reader: SightReader
    processor: ImageProcessor
    seed: int
    with_texts: bool = False

    @cached_property
    def samples(self) -> ShuffledSamples:
        """Lists of conversations."""
        return ShuffledSamples(Conversations(self.settings), self.settings.batch_size, self.collate, self.seed)

    def __getitem__(self, number: int) -> SeenBatch:
        return self.samples[number]

    def exhibits(self, count: int) -> list[Exhibit]:
        """The first rows that are held out."""
        rows = Conversations(replace(self.settings, files=self.settings.held_out))
        return [last_answer(rows[number]) for number in range(min(count, len(rows)))]

    def collate(self, conversations: list[tuple[Message, ...]]) -> SeenBatch:
        """One batch; for the contrastive loss each conversation must be about one picture."""
        lessons = [self.reader.conversation(messages, self.processor) for messages in conversations]
        if not self.with_texts:
            return pack_seen(lessons)
        counts = [sum(getattr(taught.segment, "pixels", None) is not None for taught in lesson) for lesson in lessons]
        if set(counts) != {1}:
            raise SettingsError(f"rows show {sorted(set(counts))} pictures; the contrastive loss needs one each")
        return pack_seen(lessons, [text_before_placeholder(self.reader, said[-1].text) for said in conversations])
