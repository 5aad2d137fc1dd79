"""The town, as training and judging see it."""

from __future__ import annotations

import numpy as np

from ..dice import Dice
from ..grammar import listing, with_article
from ..world import World
from .captions import caption
from .curriculum import KINDS, MIX, sample_episode
from .drawables import described
from .familiar import is_foreign
from .garments import GARMENT_COLOURS, GARMENT_WORDS, PATTERNS
from .grounds import COLOUR_WORDS, PLACES
from .judging import kept_psnr, objections
from .language import AREA_WORDS, on_ground
from .lexicon import LEXICON
from .misses import MISSES
from .nouns import KINDS as NOUN_KINDS
from .nouns import NOUNS
from .patches import NAMES, QUESTIONS, patch_truth
from .people import ACCESSORIES, HAIR, WHO
from .render import PICTURE_SIZE, render
from .scenes import Scene
from .splits import SPLITS
from .styles import STYLES


def sample_scene(rng: np.random.Generator, split: str = "train") -> Scene:
    """Any scene of any episode, as often as lessons show it."""
    return Dice(rng).pick(sample_episode(rng, split).scenes)


def chinese_words() -> tuple[str, ...]:
    """Chinese has no spaces: these are to be tokens of their own."""
    words = [noun.zh for noun in NOUNS.values()] + [kind.zh for kind in NOUN_KINDS.values()]
    words += [zh for _, zh in AREA_WORDS.values()] + [zh for _, zh in PLACES.values()] + list(COLOUR_WORDS.values())
    words += [zh for zh, _ in GARMENT_WORDS.values()] + [zh for _, zh in GARMENT_COLOURS.values()]
    words += [style.zh for style in STYLES.values()]
    for table in (PATTERNS, WHO, HAIR, ACCESSORIES):
        words += table.values()
    return tuple(dict.fromkeys(words))


def told(scene: Scene, language: str) -> str:
    """The scene in words; where nobody could caption it, what stands there, in English."""
    if isinstance(scene.ground, str) and (words := caption(language, scene)):
        return words
    things = [with_article(described(thing.what).removesuffix(" in noto style")) for thing in scene.things]
    if isinstance(scene.ground, str):
        return f"{listing('en', things) or 'nothing'} {on_ground('en', scene.ground)}"
    kerb = "a kerb" if scene.ground.kerb else "no kerb"
    return f"a street with {listing('en', [*things, kerb])}"


WORLD = World(
    name="town",
    picture_size=PICTURE_SIZE,
    splits=SPLITS,
    kinds=KINDS,
    mix=MIX,
    thinks=("edit",),
    sample_episode=sample_episode,
    sample_scene=sample_scene,
    render=render,
    words=chinese_words(),
    misses=MISSES,
    objections=objections,
    kept_db=kept_psnr,
    lexicon=LEXICON,
    is_foreign=is_foreign,
    told=told,
    patch_questions=QUESTIONS,
    patch_truth=patch_truth,
    naming="what",
    names=NAMES,
)
