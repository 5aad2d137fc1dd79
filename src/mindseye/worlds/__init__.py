"""Pictured worlds whose truth is known: they teach and judge the pocket model."""

from .curriculum import KINDS, MIX, sample_episode
from .episodes import Episode, EpisodeOptions, Say, Show
from .nouns import KINDS as NOUN_KINDS
from .nouns import NOUNS, Kind, Noun
from .render import render, to_image
from .sampling import is_held_out, sample_scene
from .scenes import BACKGROUNDS, CORNERS, PLACES, SIZES, Scene, Thing

__all__ = [
    "BACKGROUNDS",
    "CORNERS",
    "KINDS",
    "MIX",
    "NOUNS",
    "NOUN_KINDS",
    "PLACES",
    "SIZES",
    "Episode",
    "EpisodeOptions",
    "Kind",
    "Noun",
    "Say",
    "Scene",
    "Show",
    "Thing",
    "is_held_out",
    "render",
    "sample_episode",
    "sample_scene",
    "to_image",
]
