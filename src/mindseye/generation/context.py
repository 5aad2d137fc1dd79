"""What has been said so far: segments, and the keys and values that the network keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from ..inputs.segments import Segment, TextSegment, VitSegment
from ..inputs.tokenizer import SpecialTokens
from ..networks.kv_cache import KVCache
from ..networks.unified import UnifiedModel
from .work import Feed, Latents, Logits, Story, Wants


class Context:
    """An append-only row of segments with its cache. A fork shares everything with its origin."""

    def __init__(self, cache: KVCache, special: SpecialTokens) -> None:
        self.cache = cache
        self.special = special
        self.segments: tuple[Segment, ...] = ()
        self.position = 0
        self._ends: tuple[tuple[int, int], ...] = ()

    def fork(self) -> Context:
        """A context with the same past and a future of its own."""
        return self.prefix(len(self.segments))

    def prefix(self, num_segments: int) -> Context:
        """The first segments as a context of their own; storage is shared."""
        length, position = self._ends[num_segments - 1] if num_segments else (0, 0)
        twin = Context(self.cache.prefix(length), self.special)
        twin.segments, twin._ends = self.segments[:num_segments], self._ends[:num_segments]
        twin.position = position
        return twin

    def read(self, segment: Segment, wants: Wants = "nothing") -> Story[Logits | None]:
        """Append a segment; returns the scores after its end token if they are wanted."""
        [result] = yield [self._feed(segment, wants)]
        self.note(segment)
        return result

    def note(self, segment: Segment) -> None:
        """Record a segment whose tokens have all passed through the network."""
        self.position += segment.num_positions
        self.segments = (*self.segments, segment)
        self._ends = (*self._ends, (self.cache.length, self.position))

    def _feed(self, segment: Segment, wants: Wants) -> Feed:
        special = self.special
        if isinstance(segment, TextSegment):
            ids = (special.start, *segment.ids, special.end)
            return Feed(self.cache, self.position, ids, is_causal=True, wants=wants)
        marks = (special.image_start, special.image_end)
        if isinstance(segment, VitSegment):
            return Feed(self.cache, self.position, marks, vit=segment, wants=wants)
        clean = Latents(segment.latent_tokens, 0.0, segment.position_indices)
        return Feed(self.cache, self.position, marks, latents=clean)


class GuidanceContexts:
    """The contexts of one conversation: the full one, and variants of it that guidance needs.

    A variant is the full context without some of its segments. It is built from the longest beginning that an
    existing context shares with it, and kept, so that a conversation pays for each segment once.
    """

    def __init__(self, network: UnifiedModel, special: SpecialTokens) -> None:
        self.full = Context(network.new_cache(), special)
        self._without_images = self.full.fork()

    def fork(self) -> GuidanceContexts:
        """Contexts of the same past that goes on by itself; storage is shared."""
        twin = copy(self)
        twin.full, twin._without_images = self.full.fork(), self._without_images.fork()
        return twin

    def without_newest_text(self) -> Story[Context]:
        """Everything but the newest thing the user said in words and the thoughts about it."""
        said = [i for i, s in enumerate(self.full.segments) if isinstance(s, TextSegment) and s.role == "user"]
        if not said:
            return self.full
        kept = [
            s
            for i, s in enumerate(self.full.segments)
            if i != said[-1] and not (i > said[-1] and isinstance(s, TextSegment) and s.role == "thought")
        ]
        return (yield from self._variant(kept, [self.full]))

    def without_images(self) -> Story[Context]:
        """All words, but no images and no thoughts."""
        kept = [s for s in self.full.segments if isinstance(s, TextSegment) and s.role != "thought"]
        self._without_images = yield from self._variant(kept, [self.full, self._without_images])
        return self._without_images

    def _variant(self, kept: Sequence[Segment], sources: Sequence[Context]) -> Story[Context]:
        source = max(sources, key=lambda context: _shared(context.segments, kept))
        num_shared = _shared(source.segments, kept)
        if num_shared == len(source.segments) == len(kept):
            return source
        context = source.prefix(num_shared)
        for segment in kept[num_shared:]:
            yield from context.read(segment)
        return context


def _shared(a: Sequence[Segment], b: Sequence[Segment]) -> int:
    """How many segments two rows have in common from the start."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x is not y:
            break
        count += 1
    return count
