"""Packs plans into one batch: streams of tokens, rotary positions, masks and labels."""
# Nt text tokens, P ViT patches, L latent tokens, N = Nt + P + L, B samples of a bucket, T tokens of the longest,
# M labelled tokens, I images in the gen stream

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from .plans import ImageSegment, Marks, Plan, TextSegment, plan_length

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
    """Everything about a batch but its pixels; stream order is texts and marks, then ViT, then latents."""

    text_ids: np.ndarray
    """(Nt,) token ids of texts and marks."""
    positions: np.ndarray
    """(N,) rotary positions in stream order."""
    vit_images: tuple[ImageSegment, ...]
    latent_images: tuple[ImageSegment, ...]
    """(I,) images of the gen stream, clean ones and noisy ones."""
    label_indices: np.ndarray
    """(M,) which text tokens predict something."""
    labels: np.ndarray
    """(M,) what they predict."""
    buckets: tuple[Bucket, ...]
    sample_rows: tuple[np.ndarray, ...]
    """Each sample's tokens as places in stream order."""

    @property
    def num_tokens(self) -> int:
        return len(self.positions)

    @property
    def images(self) -> list[Hashable]:
        """Every image once, in order of appearance."""
        return list(dict.fromkeys(segment.image for segment in (*self.vit_images, *self.latent_images)))


@dataclass
class _Streams:
    """What grows while plans are packed; places in the later streams are kept negative until sizes are known."""

    text_ids: list[int] = field(default_factory=list)
    text_positions: list[int] = field(default_factory=list)
    vit: list[tuple[ImageSegment, int, int]] = field(default_factory=list)  # segment, first place, position
    latents: list[tuple[ImageSegment, int, int]] = field(default_factory=list)
    num_vit: int = 0
    num_latents: int = 0
    label_indices: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)


VIT_STREAM, LATENT_STREAM = 1 << 40, 2 << 40  # added to places until the streams' lengths are known


def pack(plans: Sequence[Plan], marks: Marks, stretch: float = 1.2) -> Batch:
    """One batch of all plans; attention pads a sample at most to `stretch` times its length."""
    streams = _Streams()
    rows, segments = [], []
    for plan in plans:
        row, lengths = _pack_one(streams, plan, marks)
        rows.append(row)
        segments.append((plan, lengths))
    num_text = len(streams.text_ids)
    rows = [_resolve(row, num_text, streams.num_vit) for row in rows]
    buckets = [
        Bucket(*_pad([rows[i] for i in members], [segments[i] for i in members]))
        for members in _split_by_length([len(row) for row in rows], stretch)
    ]
    return Batch(
        text_ids=np.array(streams.text_ids, np.int64),
        positions=_positions(streams),
        vit_images=tuple(segment for segment, _, _ in streams.vit),
        latent_images=tuple(segment for segment, _, _ in streams.latents),
        label_indices=np.array(streams.label_indices, np.int64),
        labels=np.array(streams.labels, np.int64),
        buckets=tuple(buckets),
        sample_rows=tuple(rows),
    )


def _pack_one(streams: _Streams, plan: Plan, marks: Marks) -> tuple[np.ndarray, list[int]]:
    """Add a plan to the streams; its tokens' unresolved places and its segments' lengths."""
    places: list[np.ndarray] = []
    position = 0
    for segment in plan:
        first = len(streams.text_ids)
        if isinstance(segment, TextSegment):
            _add_text(streams, segment, marks, position)
            places.append(np.arange(first, len(streams.text_ids)))
            position += segment.num_tokens
            continue
        streams.text_ids += (marks.image_start, marks.image_end)
        streams.text_positions += (position, position)
        inner = _add_image(streams, segment, position)
        if segment.end_label is not None:
            streams.label_indices.append(first + 1)
            streams.labels.append(segment.end_label)
        places.append(np.concatenate(([first], inner, [first + 1])))
        if segment.kind != "noisy":  # nobody sees it later, so it takes no position
            position += 1
    return np.concatenate(places), [segment.num_tokens for segment in plan]


def _add_text(streams: _Streams, segment: TextSegment, marks: Marks, position: int) -> None:
    first = len(streams.text_ids)
    streams.text_ids += (marks.start, *segment.ids, marks.end)
    end = len(streams.text_ids) - 1
    streams.text_positions += range(position, position + segment.num_tokens)
    if segment.has_loss:
        streams.label_indices += range(first, end)
        streams.labels += (*segment.ids, marks.end)
    if segment.end_label is not None:
        streams.label_indices.append(end)
        streams.labels.append(segment.end_label)


def _add_image(streams: _Streams, segment: ImageSegment, position: int) -> np.ndarray:
    size = segment.rows * segment.columns
    if segment.kind == "vit":
        first = streams.num_vit
        streams.vit.append((segment, first, position))
        streams.num_vit += size
        return np.arange(VIT_STREAM + first, VIT_STREAM + first + size)
    first = streams.num_latents
    streams.latents.append((segment, first, position))
    streams.num_latents += size
    return np.arange(LATENT_STREAM + first, LATENT_STREAM + first + size)


def _resolve(row: np.ndarray, num_text: int, num_vit: int) -> np.ndarray:
    row = np.where(row >= LATENT_STREAM, row - LATENT_STREAM + num_text + num_vit, row)
    return np.where(row >= VIT_STREAM, row - VIT_STREAM + num_text, row)


def _positions(streams: _Streams) -> np.ndarray:
    parts = [np.array(streams.text_positions, np.int64)]
    for images in (streams.vit, streams.latents):
        sizes = [segment.rows * segment.columns for segment, _, _ in images]
        parts.append(np.repeat(np.array([position for _, _, position in images], np.int64), sizes))
    return np.concatenate(parts)


def _split_by_length(lengths: Sequence[int], stretch: float) -> list[np.ndarray]:
    """Samples by rising length; in a bucket none is longer than `stretch` times the shortest."""
    order = np.argsort(lengths, kind="stable")
    members: list[list[int]] = []
    for index in order:
        if not members or lengths[index] > stretch * lengths[members[-1][0]]:
            members.append([])
        members[-1].append(int(index))
    return [np.array(bucket) for bucket in members]


def _pad(rows: list[np.ndarray], plans: list[tuple[Plan, list[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Rows (B, T) and mask (B, T, T) of some samples."""
    longest = max(len(row) for row in rows)
    shape = (len(rows), longest)
    padded = np.full(shape, PADDING, np.int64)
    number = np.full(shape, np.iinfo(np.int32).max, np.int32)  # of the segment; padding comes after all
    is_image = np.zeros(shape, bool)
    is_hidden = np.ones(shape, bool)
    for i, (row, (plan, lengths)) in enumerate(zip(rows, plans, strict=True)):
        padded[i, : len(row)] = row
        number[i, : len(row)] = np.repeat(np.arange(len(plan), dtype=np.int32), lengths)
        kinds = [(isinstance(s, ImageSegment), isinstance(s, ImageSegment) and s.kind == "noisy") for s in plan]
        is_image[i, : len(row)] = np.repeat([image for image, _ in kinds], lengths)
        is_hidden[i, : len(row)] = np.repeat([noisy for _, noisy in kinds], lengths)
    earlier = (number[:, None, :] < number[:, :, None]) & ~is_hidden[:, None, :]
    causal = np.tril(np.ones((longest, longest), bool))
    same = (number[:, None, :] == number[:, :, None]) & (is_image[:, :, None] | causal)
    mask = (earlier | same) & (padded >= 0)[:, :, None] & (padded >= 0)[:, None, :]
    return padded, mask


def grid_indices(image: ImageSegment, table_side: int) -> np.ndarray:
    """Position indices row * table_side + column of an image's tokens, row by row."""
    return (np.arange(image.rows)[:, None] * table_side + np.arange(image.columns)).reshape(-1)


def total_length(plans: Sequence[Plan]) -> int:
    """Tokens of all plans together."""
    return sum(map(plan_length, plans))
