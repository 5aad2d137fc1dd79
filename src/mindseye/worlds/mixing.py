"""A mix of kinds: shares by kind or family, and one kind drawn by them."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate

from ..errors import InputError, nearest

Shares = Mapping[str, float]


def pick_kind(shares: Shares, kinds: tuple[str, ...], die: float) -> str:
    """The kind that a die (0 to 1) falls on; InputError for an unknown kind or no share at all."""
    names, bounds = _lots(tuple(shares.items()), kinds)
    return names[min(bisect(bounds, die * bounds[-1]), len(names) - 1)]


def check_shares(shares: Shares, kinds: tuple[str, ...]) -> None:
    """Raise InputError for an unknown kind, a negative share or no share at all."""
    _lots(tuple(shares.items()), kinds)


def kinds_called(names: Sequence[str] | None, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Kinds by name or family, in their own order; all of them for None."""
    if not names:
        return kinds
    chosen = {kind for name in names for kind in ([name] if name in kinds else _family(name, set(), kinds))}
    return tuple(kind for kind in kinds if kind in chosen)


@lru_cache(maxsize=64)
def _lots(shares: tuple[tuple[str, float], ...], kinds: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The kinds that may be drawn, and the running sum of their weights."""
    weights: dict[str, float] = {}
    named = {name for name, _ in shares}
    for name, share in shares:
        if share < 0:
            raise InputError(f'the share of "{name}" is {share}; it must not be negative')
        members = [name] if name in kinds else _family(name, named, kinds)
        for member in members:
            weights[member] = weights.get(member, 0.0) + share / len(members)
    if not sum(weights.values()):
        raise InputError("the mix of episodes is empty; give at least one kind a share above 0")
    return tuple(weights), tuple(accumulate(weights.values()))


def _family(name: str, named: set[str], kinds: Sequence[str]) -> list[str]:
    members = [kind for kind in kinds if kind.startswith(f"{name}.") and kind not in named]
    if not members:
        known = [*kinds, *sorted({kind.split(".")[0] for kind in kinds})]
        raise InputError(f'unknown kind of episode "{name}"{nearest(name, known)}; known: {", ".join(kinds)}')
    return members
