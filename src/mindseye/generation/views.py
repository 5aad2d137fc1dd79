"""All that was said in a conversation, and the contexts in which a network reads it.

A view is what was said without some of its segments: an answer in words needs no latents, guidance needs the story
without its newest words and without images. A view is read when somebody needs it and no sooner, from the longest
beginning that another view shares with it, or that any request left in the prefix cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Literal

from ..inputs.segments import LatentSegment, Segment, TextSegment
from ..networks.interface import Network
from .context import Context, digests_of
from .prefix_cache import PrefixCache
from .work import Story, Tally, Wants

View = Literal["whole", "understanding", "without_newest_text", "without_images"]


class Views:
    """What was said, and its views as far as they were read."""

    def __init__(self, network: Network, prefixes: PrefixCache, adapter: str = "") -> None:
        """`adapter` names what changes the network's weights: contexts of others are not found."""
        self.said: tuple[Segment, ...] = ()
        self._prefixes = prefixes
        self._empty = Context(network.new_cache(), network.latents, adapter.encode())
        self._read: dict[View, Context] = {}

    @property
    def num_positions(self) -> int:
        """Rotary positions that everything takes."""
        return sum(segment.num_positions for segment in self.said)

    def fork(self) -> Views:
        """Views of the same past that go on by themselves; storage is shared."""
        twin = copy(self)
        twin._read = {view: context.fork() for view, context in self._read.items()}
        return twin

    def add(self, segments: Sequence[Segment]) -> None:
        """Something more was said; nothing is read yet."""
        self.said = (*self.said, *segments)

    def adopt(self, view: View, context: Context) -> None:
        """A view that was read elsewhere: all of `said` as this view sees it."""
        self._read[view] = context
        self._prefixes.put(context)

    def context(self, view: View, wants: Wants = "nothing") -> Story[Context]:
        """The context of a view, read to its end; with wants="logits" its `after` is there."""
        kept = SELECT[view](self.said)
        context = yield from self._longest_beginning(kept)
        if len(context.segments) == len(kept) and kept and wants == "logits" and context.after is None:
            context = context.prefix(len(kept) - 1)
        for segment in kept[len(context.segments) :]:
            is_last = segment is kept[-1]
            yield from context.read(segment, wants if is_last else "nothing")
            self._prefixes.put(context)
        self._read[view] = context
        return context

    def _longest_beginning(self, kept: Sequence[Segment]) -> Story[Context]:
        """The context that has read most of these segments and nothing else."""
        own = max([self._empty, *self._read.values()], key=lambda context: _num_shared(context.segments, kept))
        num_shared = _num_shared(own.segments, kept)
        own = own.fork() if num_shared == len(own.segments) else own.prefix(num_shared)
        found = None
        if num_shared < len(kept):
            found = self._prefixes.longest(list(digests_of(own.digest, kept[num_shared:])))
        if found is None:
            return own
        yield Tally("tokens_reused", found.cache.length - own.cache.length)
        return found


def _num_shared(a: Sequence[Segment], b: Sequence[Segment]) -> int:
    """How many segments two rows have in common from the start."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x is not y and x.key != y.key:
            break
        count += 1
    return count


def _without_newest_text(said: Sequence[Segment]) -> list[Segment]:
    """Everything but the newest thing the user said in words and the thoughts about it."""
    users = [i for i, s in enumerate(said) if isinstance(s, TextSegment) and s.role == "user"]
    newest = users[-1] if users else len(said)
    return [
        s
        for i, s in enumerate(said)
        if i != newest and not (i > newest and isinstance(s, TextSegment) and s.role == "thought")
    ]


SELECT: dict[View, Callable[[Sequence[Segment]], list[Segment]]] = {
    "whole": list,
    "understanding": lambda said: [s for s in said if not isinstance(s, LatentSegment)],
    "without_newest_text": _without_newest_text,
    "without_images": lambda said: [s for s in said if isinstance(s, TextSegment) and s.role != "thought"],
}
