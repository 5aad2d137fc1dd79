"""Notes on what the pocket model cannot know: it answers a photograph too, but sees icons in it."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import MindseyeError, nearest
from ..printable import printable

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

POCKET = "pocket"
MARK = re.compile(r"<\|\w*\|>|</?think>")
SHOWN = 5  # words of a note


def note_unknown(args: argparse.Namespace, items: Sequence[object]) -> None:
    """Say on stderr which words and pictures the pocket model has never met; nothing of other models."""
    if args.model != POCKET or args.quiet:
        return
    from ..messages import Image

    for note in notes(
        [item for item in items if isinstance(item, str)], [i.image for i in items if isinstance(i, Image)]
    ):
        print(f"note: {printable(note)}", file=sys.stderr)


def notes(texts: Iterable[str], pictures: Iterable[Picture]) -> list[str]:
    """A sentence on unknown words, and one on pictures from elsewhere."""
    from ..worlds.lexicon import known_words, unknown_words

    found = []
    said = (MARK.sub(" ", text) for text in texts)
    words = list(dict.fromkeys(word for text in said for word in unknown_words(text)))
    if words:
        known, _ = known_words()
        named = ", ".join(f'"{word}"{nearest(word, known)}' for word in words[:SHOWN])
        more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
        found.append(f"the pocket model has never met {named}{more}; `mindseye words` shows what it knows")
    if any(is_foreign(picture) for picture in pictures):
        found.append(
            "this picture is not of the pocket model's world of fifty icons, so its answer means nothing; "
            "`mindseye samples` lists pictures that are"
        )
    return found


def is_foreign(picture: Picture) -> bool:
    """Whether nothing in a picture is a thing of the world, or its background none of the world's colours."""
    import numpy as np
    from PIL.Image import Resampling

    from ..worlds.reading import read_scene
    from ..worlds.scenes import PICTURE_SIZE

    small = picture.convert("RGB").resize((PICTURE_SIZE, PICTURE_SIZE), Resampling.BICUBIC)
    try:
        reading = read_scene(np.array(small))
    except MindseyeError:
        return True
    return not any(mark.is_recognised for mark in reading.marks) and not reading.is_clear
