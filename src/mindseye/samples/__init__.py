"""A few pictures of the world that the pocket model knows, to try things with.

They are drawn from Noto Emoji (Google Inc., Apache-2.0); see CREDITS.md beside them.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError, nearest

FOLDER = Path(__file__).parent
NAMES: tuple[str, ...] = ("panda-apple", "cat-dog", "fruit-duck", "small-car", "astronaut-rocket")


def path_of(name: str) -> Path:
    """The PNG of a sample; InputError names the nearest known one."""
    if name not in NAMES:
        raise InputError(f'no sample picture "{name}"{nearest(name, NAMES)}; there are {", ".join(NAMES)}')
    return FOLDER / f"{name}.png"
