"""What a thought says comes of an action: "vase: broken, at the bottom"."""

from __future__ import annotations

from ..grammar import fact
from . import language as grammar
from .areas import nearest_area
from .drawables import Icon
from .physics import Case
from .voice import Voice

_UNBROKEN = (("unbroken", "完好"), ("broken", "碎了"))
OUTCOMES: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "cloth": _UNBROKEN,
    "edge": _UNBROKEN,
    "slope": (("rolls down", "滚下"), ("stays", "不动")),
    "wind": (("stays", "不动"), ("blown away", "吹走了")),
    "light": (("lit", "亮着"), ("out", "灭了")),
    "sun": (("melted", "化了"), ("unchanged", "不变")),
    "needle": _UNBROKEN,
    "alone": (("stays", "还在"), ("gone", "没有了")),
    "rain": (("unchanged", "不变"), ("out", "灭了")),
    "magnet": (("at the magnet", "在磁铁上"), ("stays", "不动")),
    "water": (("floats", "浮着"), ("sinks", "沉了")),
    "bump": (("everything stays", "都不动"), ("everything falls", "都倒了")),
    "hammer": _UNBROKEN,
}
"""By rule, what has come of the thing that is asked about, English and Chinese: on yes, and on no."""


def thought_of(voice: Voice, case: Case) -> str:
    """What comes of it, and where the thing is then."""
    outcome = OUTCOMES[case.rule][not case.is_yes][voice.language == "zh"]
    left = [one for one in case.after.things if isinstance(one.what, Icon) and one.what.noun == case.subject]
    where = [grammar.at(voice.language, nearest_area(one, case.after.ground)) for one in left]
    told = voice.pair(", ", "，").join([outcome, *where])
    return fact(voice.language, grammar.bare(voice.language, case.subject), told)
