"""People who can be described: who they are, hair, clothes, what they carry, gesture."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError, nearest
from .garments import Garment

WHO: dict[str, str] = {
    "woman": "女人",
    "man": "男人",
    "girl": "女孩",
    "boy": "男孩",
    "grandmother": "奶奶",
    "grandfather": "爷爷",
}
HAIR: dict[str, str] = {"black": "黑", "brown": "棕", "blond": "金", "red": "红", "gray": "灰"}
ACCESSORIES: dict[str, str] = {"glasses": "眼镜", "bag": "包", "flower": "花", "umbrella": "雨伞"}
GESTURES: dict[str, str] = {"standing": "站着", "reaching": "伸手", "waving": "挥手"}
OLD = ("grandmother", "grandfather")


@dataclass(frozen=True, slots=True)
class Person:
    """One person; `accessory` None for empty hands."""

    who: str
    hair: str
    garment: Garment
    accessory: str | None = None
    gesture: str = "standing"

    def __post_init__(self) -> None:
        for what, word, known in (
            ("person", self.who, WHO),
            ("hair", self.hair, HAIR),
            ("accessory", self.accessory or "bag", ACCESSORIES),
            ("gesture", self.gesture, GESTURES),
        ):
            if word not in known:
                raise InputError(f'unknown {what} "{word}"{nearest(word, known)}; known: {", ".join(known)}')


def she(language: str, person: Person) -> str:
    """ "she" or "he", "她" or "他"."""
    is_woman = person.who in ("woman", "girl", "grandmother")
    return {"en": ("he", "she"), "zh": ("他", "她")}[language][is_woman]


def her(language: str, person: Person) -> str:
    """ "her" or "him", "她" or "他"."""
    if language == "en":
        return "her" if she("en", person) == "she" else "him"
    return she(language, person)
