"""The eye: it accepts what is true, slightly harmed too, and refuses what a person would."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from mindseye.errors import InputError
from mindseye.worlds.dice import Dice
from mindseye.worlds.town.curriculum import sample_episode
from mindseye.worlds.town.drawables import Icon
from mindseye.worlds.town.eye import look
from mindseye.worlds.town.judging import kept_psnr, objections
from mindseye.worlds.town.misses import MISSES
from mindseye.worlds.town.render import render
from mindseye.worlds.town.scenes import Placed, Scene, stand
from mindseye.worlds.town.wishes import Wanted, Wish
from mindseye.worlds.town.world import sample_scene

SCENES = [sample_scene(np.random.default_rng((9, number)), "test") for number in range(60)]


def test_true_pictures_are_accepted():
    assert np.mean([look(render(scene), scene).is_true for scene in SCENES]) >= 0.99


def test_slightly_noisy_and_shifted_pictures_are_accepted():
    rng = np.random.default_rng(0)
    scene = stand([Placed(Icon("cat"), 40, 40, 44), Placed(Icon("bus"), 90, 88, 48)], "green")
    noisy = np.clip(render(scene) + rng.normal(0, 6, (96, 96, 3)), 0, 255).astype(np.uint8)
    assert look(noisy, scene).is_true
    beside = stand([Placed(Icon("cat"), 41, 39, 44), Placed(Icon("bus"), 90, 90, 48)], "green")
    assert look(render(beside), scene).is_true


@pytest.mark.parametrize("name", MISSES)
def test_near_misses_are_refused(name):
    dice = Dice(np.random.default_rng(4))
    pictures = [(scene, MISSES[name](dice, scene)) for scene in SCENES]
    accepted = [look(pixels, scene).is_true for scene, pixels in pictures if pixels is not None]
    assert len(accepted) >= 15
    assert np.mean(accepted) <= 0.05


def test_a_wish_is_fulfilled_by_any_layout_and_by_nothing_else():
    wish = Wish((Wanted(Icon("cat")), Wanted(Icon("dog"))), ("white", "blue"), ("noto", "fluent"), relation="left")
    cat, dog = Placed(Icon("cat", "fluent"), 30, 90, 50), Placed(Icon("dog", "fluent"), 92, 40, 36)

    def refused(*things, ground="blue"):
        return objections(render(stand(list(things), ground)), {"wish": wish})

    assert not refused(cat, dog)
    assert refused(cat)
    assert refused(cat, Placed(Icon("fox", "fluent"), 92, 40, 36))
    assert refused(Placed(Icon("cat", "fluent"), 92, 40, 36), Placed(Icon("dog", "fluent"), 30, 90, 50))
    assert refused(cat, dog, ground="red")
    assert refused(cat, dog, Placed(Icon("bus"), 90, 100, 40))


@pytest.mark.parametrize("kind", ["draw.one", "draw.pair", "draw.count", "draw.layout", "draw.place"])
def test_what_was_asked_for_is_found(kind):
    rng = np.random.default_rng(8)
    drawn = [sample_episode(rng, "test", kind) for _ in range(6)]
    assert [objections(render(one.truth["scene"], 96), one.truth) for one in drawn] == [()] * len(drawn)
    assert [objections(render(one.truth["scene"]), one.truth) for one in drawn] == [()] * len(drawn)
    assert all(objections(render(one.truth["scene"]), two.truth) for one, two in pairwise(drawn))


def test_what_should_stay_is_compared_with_the_target():
    before = stand([Placed(Icon("cat"), 40, 40, 44), Placed(Icon("bus"), 90, 88, 48)], "green")
    after = Scene(before.things[:1], "green")
    assert kept_psnr(render(after), before, after) == 100.0
    assert kept_psnr(render(Scene((), "green")), before, after) < 25
    red = Scene(before.things, "red")
    assert kept_psnr(render(red), before, red) == 100.0
    assert kept_psnr(render(Scene((), "red")), before, red) < 25


def test_only_square_pictures_are_looked_at():
    with pytest.raises(InputError, match="square"):
        look(np.zeros((64, 32, 3), np.uint8), SCENES[0])
    with pytest.raises(InputError, match="uint8"):
        look(np.asarray(Image.new("RGB", (64, 64)), float), SCENES[0])
