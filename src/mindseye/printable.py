"""Text from outside, fit for a terminal and a page: nothing in it moves a cursor or turns a line around."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

KEPT = "\n\t\u200c\u200d"  # the last two join letters and emoji
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """The text with an escape such as \\x1b in the place of every control character."""
    if text.isprintable():
        return text
    return "".join(_escaped(c) if _is_control(c) else c for c in text)


def printable_json(facts: Any, indent: int | None = 2) -> str:
    """Facts as JSON that says the same, with escapes for the control characters that JSON itself would let through."""
    said = json.dumps(facts, ensure_ascii=False, indent=indent)
    return said if said.isprintable() else "".join(f"\\u{ord(c):04x}" if _is_control(c) else c for c in said)


def _is_control(c: str) -> bool:
    return c not in KEPT and (unicodedata.category(c) == "Cc" or c in TURNING)


def _escaped(c: str) -> str:
    return f"\\x{ord(c):02x}" if ord(c) < 0x100 else f"\\u{ord(c):04x}"
