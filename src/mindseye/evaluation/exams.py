"""What is asked: episodes as exams, the same for every model that is asked with the same seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..errors import InputError, nearest
from ..params import check_seed
from ..worlds.grammar import check_language
from ..worlds.world import DEFAULT_WORLD, world_called
from . import corner_exams, town_exams
from .corner_exams import EXAM_KINDS, GROUPS, TALK_KINDS, WORD_KINDS
from .exam import FINAL_PHRASES, Asked, Exam, Group, Syllabus

__all__ = ["EXAM_KINDS", "FINAL_PHRASES", "GROUPS", "TALK_KINDS", "WORD_KINDS", "Asked", "Exam", "Group"]

SYLLABI: dict[str, Syllabus] = {"corners": corner_exams.SYLLABUS, "town": town_exams.SYLLABUS}
MOST_EXAMS = 100_000  # of a kind
_IN_WORDS = ("question.", "caption", "think.question")  # kinds that need no eye


def choose_kinds(names: Iterable[str] | None, unified: bool = False, world: str = DEFAULT_WORLD) -> tuple[str, ...]:
    """Kinds by name or family ("draw", "reason"), in order; the judge's eye comes along with any pictures."""
    world_called(world)
    kinds = SYLLABI[world].kinds
    if names is None:
        chosen = {kind for kind in kinds if not kind.startswith("unified.")}
    else:
        chosen = {kind for name in names for kind in _members(name, kinds)}
    if unified:
        chosen |= {kind for kind in kinds if kind.startswith("unified.")}
    if any(not kind.startswith(_IN_WORDS) for kind in chosen):
        chosen |= {kind for kind in kinds if kind.startswith(("eye.", "miss."))}
    return tuple(kind for kind in kinds if kind in chosen)


def make_exams(
    kind: str, num: int, asked: Asked | int, languages: Sequence[str], world: str = DEFAULT_WORLD
) -> list[Exam]:
    """`num` exams of one kind, in each language in turn; twice as many of the eye's.

    `asked` is the seed and the split, or the seed alone for the test.
    """
    asked = Asked(asked) if isinstance(asked, int) else asked
    check_numbers(num, asked.seed, languages)
    if asked.split not in (splits := world_called(world).splits):
        raise InputError(f'unknown split "{asked.split}"{nearest(asked.split, splits)}; known: {", ".join(splits)}')
    make = SYLLABI[world].make
    return [make(kind, number, asked, languages) for number in range(num * (2 if kind.startswith("eye.") else 1))]


def check_numbers(num: int, seed: int, languages: Sequence[str]) -> None:
    """Raise InputError for a number of exams, a seed or a language that cannot be."""
    if not 1 <= num <= MOST_EXAMS:
        raise InputError(f"num is {num}; expected 1 to {MOST_EXAMS} of each kind")
    check_seed(seed)
    if not languages:
        raise InputError('no language was given; expected "en", "zh" or both')
    for language in languages:
        check_language(language)


def _members(name: str, kinds: Sequence[str]) -> list[str]:
    found = [kind for kind in kinds if kind == name or kind.startswith(f"{name}.")]
    if not found:
        known = [*kinds, *sorted({kind.split(".")[0] for kind in kinds})]
        raise InputError(f'unknown kind of exam "{name}"{nearest(name, known)}; known: {", ".join(kinds)}')
    return found
