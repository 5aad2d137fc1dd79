"""The space that SentencePiece's tokenizers put before a text, and the same tokenizer without it.

"a cat" becomes "▁a▁cat". Where a prompt is encoded in pieces, each would get such a space; the whole prompt has one at
its beginning alone (prepend scheme "first"), or one behind every mark (a normalizer that prepends, or scheme "always").
"""

from __future__ import annotations

import json
from typing import Any, Literal

from tokenizers import Tokenizer as RustTokenizer

SPACE = "▁"
Spaced = Literal["nothing", "beginning", "all"]
"""Which of the pieces between a prompt's marks begin with a space that nobody wrote."""


def spaced(rust: RustTokenizer) -> Spaced:
    """As its own rules say; "nothing" for tokenizers that are not SentencePiece's."""
    if rust.token_to_id(SPACE) is None:
        return "nothing"
    rules = [rule for part in _parts(rust).values() for rule in _rules(part)]
    if any(rule["type"] == "Prepend" or rule.get("prepend_scheme") == "always" for rule in rules):
        return "all"
    return "beginning" if any(rule.get("prepend_scheme") == "first" for rule in rules) else "nothing"


def without_leading_space(rust: RustTokenizer) -> RustTokenizer:
    """The same words, for a text that goes on behind another."""
    said = json.loads(rust.to_str())
    for name, part in _parts(rust).items():
        said[name] = _bare(part)
    return RustTokenizer.from_str(json.dumps(said))


def _parts(rust: RustTokenizer) -> dict[str, Any]:
    """Normalizer and pre-tokenizer as JSON, those that there are."""
    parts = {"normalizer": rust.normalizer, "pre_tokenizer": rust.pre_tokenizer}
    return {name: json.loads(part.__getstate__()) for name, part in parts.items() if part is not None}


def _rules(part: dict[str, Any]) -> list[dict[str, Any]]:
    """A rule, or all rules of a sequence."""
    inner = part.get("normalizers") or part.get("pretokenizers") or []
    return [rule for one in inner for rule in _rules(one)] if part["type"] == "Sequence" else [part]


def _bare(part: dict[str, Any]) -> dict[str, Any] | None:
    """Without what prepends."""
    kept = [rule for rule in _rules(part) if rule["type"] != "Prepend"]
    kept = [{**rule, "prepend_scheme": "never"} if rule["type"] == "Metaspace" else rule for rule in kept]
    members = "pretokenizers" if "pretokenizers" in part else "normalizers"
    if part["type"] == "Sequence":
        return {"type": "Sequence", members: kept}
    return kept[0] if kept else None
