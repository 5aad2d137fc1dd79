"""Which part of a text is its final answer, and when two answers are the same.

The rule of extraction, first that applies: what stands behind the last "Final Answer:" (or its Chinese form) up to
the end of its line, or of the next one if its own is empty; the last <answer>...</answer>; the last \\boxed{...};
the last line that is not empty.
"""

from __future__ import annotations

import math
import re
import unicodedata

_PHRASE = re.compile(r"(?:final answer|最终答案)\s*[:：]?[ \t*]*", re.IGNORECASE)
_TAG = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}")
_WHOLE = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
_NUMBER = re.compile(rf"[-+−]?(?:{_WHOLE}(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?(?:\s*/\s*\d+)?\s*%?")
_CHOICE_ALONE = re.compile(r"[(\[]?\s*([A-Z])\s*(?:[)\].:,、。]|$)")
_CHOICE_SAID = re.compile(r"\b(?:answer|option|choice)\s*(?:is|:)?\s*[(\[]?([A-Z])\b(?!')", re.IGNORECASE)
TOLERANCE = 1e-4  # relative


def final_answer(text: str) -> str:
    """The final answer of a text by the rule above; "" for an empty text."""
    found = list(_PHRASE.finditer(text))
    if found:
        return next((line for line in text[found[-1].end() :].splitlines() if line.strip()), "").strip().rstrip("*")
    for pattern in (_TAG, _BOXED):
        inside = pattern.findall(text)
        if inside:
            return inside[-1].strip()
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def without_final_answer(text: str) -> str:
    """The text up to its last "Final Answer:"; all of it where there is none."""
    found = list(_PHRASE.finditer(text))
    return text[: found[-1].start()].strip() if found else text.strip()


def normal(answer: str) -> str:
    """For comparing: NFKC, lower case, without punctuation at the ends, English articles and runs of space."""
    text = unicodedata.normalize("NFKC", answer).casefold()
    text = re.sub(r"^\W+(?<![-+.])|[^\w%]+$", "", " ".join(text.split()))
    return re.sub(r"^(?:a|an|the) ", "", text)


def number_in(answer: str) -> float | None:
    """The last number of an answer ("1,234", "3/4", "12 %" is 0.12, "1e3"), or None."""
    found = _NUMBER.findall(answer)
    return _value(found[-1]) if found else None


def is_number(answer: str) -> bool:
    """Whether an answer is a number and at most a word or sign around it, as in "$3.50" or "3 cats"."""
    return number_in(answer) is not None and len(re.findall(r"[^\W\d_]+", _NUMBER.sub(" ", answer))) <= 1


def same_number(first: float, second: float) -> bool:
    """Equal up to one part in ten thousand."""
    return math.isclose(first, second, rel_tol=TOLERANCE, abs_tol=1e-9)


def choice_in(answer: str) -> str | None:
    """The letter of a choice: "B", "(B)", "B. a cat", "the answer is B"; None where there is none."""
    text = answer.strip().strip("*$ ")
    alone = _CHOICE_ALONE.match(text)
    if alone:
        return alone.group(1)
    said = _CHOICE_SAID.findall(text)
    return said[-1].upper() if said else None


def is_choice(answer: str) -> bool:
    """Whether an answer is a letter A to Z, in brackets or not."""
    return re.fullmatch(r"[(\[]?[A-Z][)\].]?", answer.strip()) is not None


def _value(text: str) -> float | None:
    is_percent = text.rstrip().endswith("%")
    text = text.replace(",", "").replace("−", "-").rstrip(" %")
    top, _, bottom = text.partition("/")
    try:
        value = float(top) / (float(bottom) if bottom else 1.0)
    except (ValueError, ZeroDivisionError):
        return None
    return value / 100 if is_percent else value
