"""Notes on what a small model cannot know: it answers a photograph too, but sees icons in it."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..errors import nearest
from ..printable import printable

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from ..checkpoints.defaults import Defaults

POCKET = "pocket"
MARK = re.compile(r"<\|\w*\|>|</?think>")
SHOUTED = re.compile(r"(?<=\w)[A-Z]|(?<=[\w,] )(?!I\b)[A-Z]")  # capitals where no sentence begins
SHOWN = 5  # words of a note
LIKENESS = 0.75  # of a word that may have been meant


def note_unknown(args: argparse.Namespace, items: Sequence[object]) -> None:
    """Say on stderr which words and pictures the pocket model has never met; nothing of other models."""
    if args.model != POCKET or args.quiet:
        return
    from ..checkpoints.defaults import Defaults
    from ..checkpoints.locate import find_folder
    from ..messages import Image

    texts = [item for item in items if isinstance(item, str)]
    pictures = [item.image for item in items if isinstance(item, Image)]
    size = (getattr(args, "width", None), getattr(args, "height", None))
    for note in notes(Defaults.from_folder(find_folder(args.model)), texts, pictures, size):
        print(f"note: {printable(note)}", file=sys.stderr)


def notes(
    defaults: Defaults, texts: Iterable[str], pictures: Iterable[Picture], size: Sequence[int | None] = ()
) -> list[str]:
    """A sentence each on unknown words, on capitals, on pictures from elsewhere, and on a size (px) to draw in."""
    found = []
    said = [MARK.sub(" ", text) for text in texts]
    known = defaults.known_words
    words = list(dict.fromkeys(word for text in said for word in known.unknown_in(text))) if known else []
    if known and words:
        names = names_of(defaults.world) & known.words if defaults.world else known.words
        named = ", ".join(f'"{word}"{nearest(word, names, LIKENESS)}' for word in words[:SHOWN])
        more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
        found.append(f"the pocket model has never met {named}{more}; `mindseye words` shows what it knows")
    shouted = next((text for text in said if SHOUTED.search(text)), None) if known and not words else None
    if shouted:
        found.append(f'the pocket model learned small letters; try "{" ".join(shouted.lower().split())}"')
    if defaults.world and any(is_foreign(picture, defaults.world) for picture in pictures):
        found.append(
            "this picture is not of the pocket model's world of icons, so its answer means nothing; "
            "`mindseye samples` lists pictures that are"
        )
    if defaults.world and any(side not in (None, learned_size(defaults.world)) for side in size):
        side = learned_size(defaults.world)
        found.append(f"the pocket model learned pictures of {side} x {side} px; in other sizes it draws badly")
    return found


def names_of(world_name: str) -> set[str]:
    """The longer English words with which that world's things and traits are named."""
    from ..worlds.world import world_called

    lexicon = world_called(world_name).lexicon
    things = (english for group in lexicon.things().values() for english, _ in group)
    traits = (trait for group in lexicon.traits("en").values() for trait in group)
    return {word for name in (*things, *traits) for word in name.split() if len(word) > 3}


def learned_size(world_name: str) -> int:
    """Side in px of the pictures of that world."""
    from ..worlds.world import world_called

    return world_called(world_name).picture_size


def is_foreign(picture: Picture, world_name: str) -> bool:
    """Whether a picture is not of that world: nothing in it is a thing of it, or its background none of its own."""
    import numpy as np
    from PIL.Image import Resampling

    from ..worlds.world import world_called

    world = world_called(world_name)
    small = picture.convert("RGB").resize((world.picture_size,) * 2, Resampling.BICUBIC)
    return world.is_foreign(np.array(small))
