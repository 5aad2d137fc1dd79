"""Contexts found again by what they say, so that whoever sends a whole conversation again pays only for what is new.

Every segment that was read leaves an entry. Entries share their keys and values with each other and with requests
that run, so only storage that no other entry sees counts for each. The least recently used goes first, and of two
used together the longer one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .context import Context


class PrefixCache:
    """Contexts by the digest of their segments, within `max_bytes` of keys and values (0 keeps nothing)."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.num_bytes = 0
        self._entries: OrderedDict[bytes, Context] = OrderedDict()
        self._num_holders: dict[int, int] = {}
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._entries)

    def longest(self, digests: Sequence[bytes]) -> Context | None:
        """The longest context among those with these digests, which are those of ever longer beginnings."""
        with self._lock:
            known = [digest for digest in digests if digest in self._entries]
            for digest in reversed(known):  # the longest first: beginnings outlive what goes on from them
                self._entries.move_to_end(digest)
            return self._entries[known[-1]].fork() if known else None

    def put(self, context: Context) -> None:
        """Remember a context; what is used least is forgotten for it."""
        if not self.max_bytes:
            return
        with self._lock:
            self._forget(context.digest)
            self._entries[context.digest] = context.fork()
            for storage in context.cache.storage:
                held = self._num_holders.get(id(storage), 0)
                self._num_holders[id(storage)] = held + 1
                self.num_bytes += 0 if held else storage.num_bytes
            while self.num_bytes > self.max_bytes and self._entries:
                self._forget(next(iter(self._entries)))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for digest in list(self._entries):
                self._forget(digest)

    def _forget(self, digest: bytes) -> None:
        context = self._entries.pop(digest, None)
        for storage in context.cache.storage if context else ():
            held = self._num_holders.pop(id(storage)) - 1
            if held:
                self._num_holders[id(storage)] = held
            else:
                self.num_bytes -= storage.num_bytes
