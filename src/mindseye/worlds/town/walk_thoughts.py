"""What a thought says will be seen on a walk: "car: one step ahead; dog: three steps left; kerb: two steps ahead"."""

from __future__ import annotations

from ..grammar import SEMICOLON, fact
from . import language as grammar
from .walks import View, column_of

_LANES: dict[int, tuple[str, str]] = {
    -2: ("far left", "远左边"),
    -1: ("left", "左边"),
    0: ("ahead", "前面"),
    1: ("right", "右边"),
    2: ("far right", "远右边"),
}
_KERB = {"en": "kerb", "zh": "路沿"}


def thought_of(language: str, view: View) -> str:
    """All that is seen, the nearest first, then the kerb."""
    seen = [
        (grammar.bare(language, one.noun), one.depth, one.lane)
        for one in sorted(view.obstacles, key=lambda one: (one.depth, one.lane))
        if column_of(view, one) is not None
    ]
    seen += [(_KERB[language], view.kerb, 0)] if view.kerb else []
    lines = [fact(language, name, _steps(language, count, lane)) for name, count, lane in seen]
    return SEMICOLON[language].join(lines) or grammar.NOTHING[language]


def _steps(language: str, count: int, lane: int) -> str:
    """ "two steps left", "左边两步"."""
    number, (english, chinese) = grammar.NUMBERS[language][count], _LANES[lane]
    return f"{chinese}{number}步" if language == "zh" else f"{number} step{'s' if count > 1 else ''} {english}"
