"""Pictured worlds whose truth is known: they teach and judge the pocket model."""

from mindseye.worlds.curriculum import KINDS, MIX, sample_episode
from mindseye.worlds.episodes import Episode, EpisodeOptions, Say, Show
from mindseye.worlds.nouns import KINDS as NOUN_KINDS
from mindseye.worlds.nouns import NOUNS, Kind, Noun
from mindseye.worlds.render import render, to_image
from mindseye.worlds.sampling import is_held_out, sample_scene
from mindseye.worlds.scenes import BACKGROUNDS, CORNERS, PLACES, SIZES, Scene, Thing

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
