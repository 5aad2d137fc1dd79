"""Packs lessons into one batch: streams of tokens, rotary positions, masks and labels."""
# Nt text tokens, P ViT patches, L latent tokens, N = Nt + P + L, B samples of a bucket, T tokens of the longest,
# M labelled tokens, I images in the gen stream

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..inputs.segments import LatentSegment, TextSegment, VitSegment
from .lessons import Lesson, Taught, num_features

PADDING = -1


@dataclass(frozen=True)
class Bucket:
    """Samples of similar length: their tokens' places in stream order, and who may see whom."""

    rows: np.ndarray
    """(B, T) int64, -1 for padding."""
    mask: np.ndarray
    """(B, T, T) bool, True where a query (row) may see a key (column)."""


@dataclass(frozen=True)
class Batch:
    """A batch of lessons; stream order is texts and marks, then ViT, then latents."""

    text_ids: np.ndarray
    """(Nt,) token ids of texts and marks."""
    positions: np.ndarray
    """(N,) rotary positions in stream order."""
    vit_images: tuple[VitSegment, ...]
    latent_images: tuple[LatentSegment, ...]
    """(I,) images of the gen stream, clean ones and those to be drawn."""
    is_drawn: tuple[bool, ...]
    """(I,)"""
    before: tuple[int | None, ...]
    """(I,) for an image that is drawn: which clean one of its lesson stands before it, the last of its size."""
    label_indices: np.ndarray
    """(M,) which tokens of texts and ViT predict something."""
    labels: np.ndarray
    """(M,) what they predict."""
    buckets: tuple[Bucket, ...]
    sample_rows: tuple[np.ndarray, ...]
    """Each sample's tokens as places in stream order."""

    @property
    def num_tokens(self) -> int:
        return len(self.positions)

    @property
    def num_samples(self) -> int:
        return len(self.sample_rows)

    @property
    def drawn_tokens(self) -> np.ndarray:
        """(F,) which latent tokens are drawn."""
        sizes = [num_features(segment) for segment in self.latent_images]
        return np.flatnonzero(np.repeat(np.array(self.is_drawn, bool), sizes))


@dataclass
class _Streams:
    """What grows while lessons are packed; places in the later streams are kept large until sizes are known."""

    text_ids: list[int] = field(default_factory=list)
    text_positions: list[int] = field(default_factory=list)
    vit: list[VitSegment] = field(default_factory=list)
    latents: list[LatentSegment] = field(default_factory=list)
    is_drawn: list[bool] = field(default_factory=list)
    before: list[int | None] = field(default_factory=list)
    clean: dict[int, int] = field(default_factory=dict)
    """Of the lesson being packed: the last clean image by its number of tokens."""
    vit_positions: list[np.ndarray] = field(default_factory=list)
    latent_positions: list[np.ndarray] = field(default_factory=list)
    num_vit: int = 0
    num_latents: int = 0
    label_places: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)


VIT_STREAM, LATENT_STREAM = 1 << 40, 2 << 40  # added to places until the streams' lengths are known


def pack(lessons: Sequence[Lesson], stretch: float = 1.2) -> Batch:
    """One batch of all lessons; attention pads a sample at most to `stretch` times its length."""
    streams = _Streams()
    unresolved = [_pack_one(streams, lesson) for lesson in lessons]
    num_text = len(streams.text_ids)
    rows = [_resolve(row, num_text, streams.num_vit) for row in unresolved]
    buckets = [
        Bucket(*_pad([rows[i] for i in members], [lessons[i] for i in members]))
        for members in _split_by_length([len(row) for row in rows], stretch)
    ]
    text_positions = np.array(streams.text_positions, np.int64)
    return Batch(
        text_ids=np.array(streams.text_ids, np.int64),
        positions=np.concatenate([text_positions, *streams.vit_positions, *streams.latent_positions]),
        vit_images=tuple(streams.vit),
        latent_images=tuple(streams.latents),
        is_drawn=tuple(streams.is_drawn),
        before=tuple(streams.before),
        label_indices=_resolve(np.array(streams.label_places, np.int64), num_text, streams.num_vit),
        labels=np.array(streams.labels, np.int64),
        buckets=tuple(buckets),
        sample_rows=tuple(rows),
    )


def _pack_one(streams: _Streams, lesson: Lesson) -> np.ndarray:
    """Add a lesson to the streams; its tokens' unresolved places."""
    places: list[np.ndarray] = []
    position = 0
    streams.clean = {}
    for taught in lesson:
        segment = taught.segment
        if isinstance(segment, TextSegment):
            own = _add_text(streams, segment.ids, range(position, position + len(segment.ids)))
        else:
            own = _add_image(streams, taught, position)
        streams.label_places += [int(own[token]) for token, _ in taught.labels]
        streams.labels += [label for _, label in taught.labels]
        places.append(own)
        position += taught.num_positions
    return np.concatenate(places)


def _add_text(streams: _Streams, ids: Sequence[int], positions: Sequence[int]) -> np.ndarray:
    first = len(streams.text_ids)
    streams.text_ids += ids
    streams.text_positions += positions
    return np.arange(first, first + len(ids))


def _add_image(streams: _Streams, taught: Taught, position: int) -> np.ndarray:
    """An image between its marks, if it has any: all at one position, or a position a token where it is causal."""
    segment, size = taught.segment, num_features(taught.segment)
    assert not isinstance(segment, TextSegment)
    marks = segment.frame.marks
    framed = _add_text(streams, marks, [position] * len(marks))
    positions = np.full(size, position, np.int64) + (np.arange(size) if segment.frame.is_causal else 0)
    if isinstance(segment, VitSegment):
        first = VIT_STREAM + streams.num_vit
        streams.vit.append(segment)
        streams.vit_positions.append(positions)
        streams.num_vit += size
    else:
        first = LATENT_STREAM + streams.num_latents
        streams.before.append(streams.clean.get(size) if taught.is_drawn else None)
        if not taught.is_drawn:
            streams.clean[size] = len(streams.latents)
        streams.latents.append(segment)
        streams.is_drawn.append(taught.is_drawn)
        streams.latent_positions.append(positions)
        streams.num_latents += size
    return np.concatenate([framed[:1], np.arange(first, first + size), framed[1:]])


def _resolve(row: np.ndarray, num_text: int, num_vit: int) -> np.ndarray:
    row = np.where(row >= LATENT_STREAM, row - LATENT_STREAM + num_text + num_vit, row)
    return np.where(row >= VIT_STREAM, row - VIT_STREAM + num_text, row)


def _split_by_length(lengths: Sequence[int], stretch: float) -> list[np.ndarray]:
    """Samples by rising length; in a bucket none is longer than `stretch` times the shortest."""
    order = np.argsort(lengths, kind="stable")
    members: list[list[int]] = []
    for index in order:
        if not members or lengths[index] > stretch * lengths[members[-1][0]]:
            members.append([])
        members[-1].append(int(index))
    return [np.array(bucket) for bucket in members]


def _pad(rows: list[np.ndarray], lessons: list[Lesson]) -> tuple[np.ndarray, np.ndarray]:
    """Rows (B, T) and mask (B, T, T) of some samples."""
    longest = max(len(row) for row in rows)
    shape = (len(rows), longest)
    padded = np.full(shape, PADDING, np.int64)
    number = np.full(shape, np.iinfo(np.int32).max, np.int32)  # of the segment; padding comes after all
    is_mutual = np.zeros(shape, bool)
    is_hidden = np.ones(shape, bool)
    for i, (row, lesson) in enumerate(zip(rows, lessons, strict=True)):
        lengths = [taught.num_tokens for taught in lesson]
        padded[i, : len(row)] = row
        number[i, : len(row)] = np.repeat(np.arange(len(lesson), dtype=np.int32), lengths)
        is_mutual[i, : len(row)] = np.repeat([_sees_all_of_itself(taught) for taught in lesson], lengths)
        is_hidden[i, : len(row)] = np.repeat([taught.is_drawn for taught in lesson], lengths)
    earlier = (number[:, None, :] < number[:, :, None]) & ~is_hidden[:, None, :]
    causal = np.tril(np.ones((longest, longest), bool))
    same = (number[:, None, :] == number[:, :, None]) & (is_mutual[:, :, None] | causal)
    mask = (earlier | same) & (padded >= 0)[:, :, None] & (padded >= 0)[:, None, :]
    return padded, mask


def _sees_all_of_itself(taught: Taught) -> bool:
    return not isinstance(taught.segment, TextSegment) and not taught.segment.frame.is_causal
