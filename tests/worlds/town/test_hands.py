"""Drawings by other hands: exact, varied, and in training's questions of names alone."""

from __future__ import annotations

import numpy as np
import pytest

from mindseye.worlds.town.curriculum import sample_episode
from mindseye.worlds.town.drawables import Icon, sprite_of
from mindseye.worlds.town.hands import NUM_HANDS, by_hand
from mindseye.worlds.town.styles import STYLES, load_sheet


def test_a_hand_draws_the_same_thing_the_same_way():
    hammer = load_sheet("noto")["hammer"]
    assert by_hand(hammer, 7).tobytes() == by_hand(hammer, 7).tobytes()


def test_hands_differ_from_each_other_and_from_the_artist():
    drawn = {sprite_of(Icon("hammer", hand=hand), 40).tobytes() for hand in range(30)}
    assert len(drawn) == 30


@pytest.mark.parametrize("style", STYLES)
def test_what_a_hand_draws_fills_its_square_as_the_artist_does(style):
    for hand, (noun, icon) in enumerate(load_sheet(style).items(), start=1):
        drawn = by_hand(icon, hand)
        assert drawn.size == icon.size and drawn.mode == "RGBA", noun
        left, top, right, bottom = drawn.getbbox()
        assert max(right - left, bottom - top) >= 0.95 * icon.width, noun
        filled = [np.asarray(picture.getchannel("A"), np.float32).mean() for picture in (icon, drawn)]
        assert 0.4 < filled[1] / filled[0] < 2.5, noun


def test_training_shows_them_where_a_name_is_asked_and_nobody_asks_for_their_style():
    rng = np.random.default_rng(0)
    hands, styles_asked = [], 0
    for _ in range(300):
        episode = sample_episode(rng, kind="question.name")
        hands.append(episode.truth["scene"].things[0].what.hand)
        if hands[-1]:
            styles_asked += any(getattr(step, "text", "") in STYLES for step in episode.steps)
    assert 0.6 < np.mean([hand > 0 for hand in hands]) < 0.8
    assert max(hands) <= NUM_HANDS and len(set(hands)) > 150
    assert styles_asked == 0


@pytest.mark.parametrize("split", ["validation", "test"])
def test_exams_show_things_as_their_artists_drew_them(split):
    rng = np.random.default_rng(0)
    for _ in range(40):
        assert sample_episode(rng, split, "question.name").truth["scene"].things[0].what.hand == 0
