"""A row of segments that the network has read, with the keys and values that it keeps of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from ..inputs.segments import LatentSegment, Segment, TextSegment, VitSegment
from ..networks.config import LatentGrid
from ..networks.kv_cache import KVCache
from .prepare import encode_latents
from .work import Feed, Latents, Logits, Story, Wants


class Context:
    """An append-only row of segments with its cache. A fork shares everything with its origin.

    `digest` tells contexts of equal segments from all others, `after` are the scores that followed the last segment,
    where somebody asked for them.
    """

    def __init__(self, cache: KVCache, grid: LatentGrid | None, digest: bytes = b"") -> None:
        self.cache = cache
        self.segments: tuple[Segment, ...] = ()
        self.position = 0
        self.digest = digest
        self.after: Logits | None = None
        self._grid = grid
        self._ends: tuple[tuple[int, int, bytes], ...] = ((0, 0, digest),)

    def fork(self) -> Context:
        """A context with the same past and a future of its own."""
        twin = self.prefix(len(self.segments))
        twin.after = self.after
        return twin

    def prefix(self, num_segments: int) -> Context:
        """The first segments as a context of their own; storage is shared."""
        length, position, digest = self._ends[num_segments]
        twin = Context(self.cache.prefix(length), self._grid, digest)
        twin.segments, twin._ends = self.segments[:num_segments], self._ends[: num_segments + 1]
        twin.position = position
        return twin

    def read(self, segment: Segment, wants: Wants = "nothing") -> Story[Logits | None]:
        """Append a segment; returns the scores after its last token if they are wanted."""
        if isinstance(segment, LatentSegment) and segment.latent_tokens is None:
            assert self._grid is not None
            yield from encode_latents(segment, self._grid)
        [result] = yield [self._feed(segment, wants)]
        self.note(segment, result)
        return result

    def note(self, segment: Segment, after: Logits | None = None) -> None:
        """Record a segment whose tokens have all passed through the network."""
        self.position += segment.num_positions
        self.segments = (*self.segments, segment)
        self.digest = next(digests_of(self.digest, [segment]))
        self.after = after
        self._ends = (*self._ends, (self.cache.length, self.position, self.digest))

    def _feed(self, segment: Segment, wants: Wants) -> Feed:
        if isinstance(segment, TextSegment):
            return Feed(self.cache, self.position, segment.ids, is_causal=True, wants=wants)
        marks, is_causal = segment.frame.marks, segment.frame.is_causal
        if isinstance(segment, VitSegment):
            return Feed(self.cache, self.position, marks, vit=segment, is_causal=is_causal, wants=wants)
        assert segment.latent_tokens is not None and segment.position_indices is not None
        clean = Latents(segment.latent_tokens, 0.0, segment.position_indices)
        return Feed(self.cache, self.position, marks, latents=clean)


def digests_of(start: bytes, segments: Sequence[Segment]) -> Iterator[bytes]:
    """The digest of every beginning of a row of segments that goes on from `start`, the shortest first."""
    for segment in segments:
        start = hashlib.blake2b(start + segment.key, digest_size=16).digest()
        yield start
