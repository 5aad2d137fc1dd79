"""Patches say what they show, in English and in Chinese in turn; a recipe says until when."""

import numpy as np
import pytest

from mindseye.checkpoints.locate import find_folder
from mindseye.inputs.tokenizer import Tokenizer
from mindseye.training.streams.patch_names import PatchNames
from mindseye.worlds.town.drawables import Icon, Prop
from mindseye.worlds.town.scenes import Placed, Scene
from mindseye.worlds.world import WORLDS, world_called

TOKENIZER = Tokenizer.from_folder(find_folder("pocket"))


def test_names_stand_where_the_things_do() -> None:
    scene = Scene((Placed(Icon("cat"), 32, 32, 50), Placed(Prop("table"), 96, 96, 50)))
    labels = PatchNames(world_called("town"), TOKENIZER, 4).labels(scene, 1)
    cat, zh = TOKENIZER.encode(" cat")[0], TOKENIZER.encode("猫")[0]
    assert dict(labels) == {1 + 0: cat, 1 + 1: zh, 1 + 4: zh, 1 + 5: cat}


@pytest.mark.parametrize("name", WORLDS)
def test_names_agree_with_what_the_eyes_are_asked(name: str) -> None:
    world, rng = world_called(name), np.random.default_rng(0)
    answers = np.array(world.patch_questions[world.naming])
    for _ in range(20):
        scene = world.sample_scene(rng, "train")
        truth = answers[world.patch_truth(scene, 4)[world.naming]]
        named = world.patch_names(scene, 4)
        is_named = named["en"] != ""
        assert (named["en"][is_named] == truth[is_named]).all()
        assert ((named["zh"] != "") == is_named).all()
        assert is_named.any() or not set(truth.ravel()) & set(answers[1:40])
