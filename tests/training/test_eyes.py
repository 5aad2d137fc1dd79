"""Promise: the eyes learn what stands where, and nothing else of the network changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mindseye.errors import CancelledError
from mindseye.networks.config import VaeConfig
from mindseye.networks.unified import UnifiedModel
from mindseye.training.autoencoder import Subject
from mindseye.training.eyes import EyesSettings, directions_of_words, teach_eyes, truth_of
from mindseye.training.recipe import ModelSizes
from mindseye.training.stopping import HalfWay
from mindseye.worlds.scenes import Scene, Thing
from mindseye.worlds.world import world_called

WORLD = world_called("corners")
QUESTIONS = WORLD.patch_questions


def test_truth_of_a_scene() -> None:
    scene = Scene((Thing("cat", "top right", "small"), Thing("dog", "bottom left")), "blue")
    truth = {name: answers.reshape(4, 4).numpy() for name, answers in truth_of([scene], WORLD, 4).items()}
    cat, dog = (QUESTIONS["noun"].index(noun) for noun in ("cat", "dog"))
    expected = np.zeros((4, 4), int)
    expected[:2, 2:], expected[2:, :2] = cat, dog
    assert (truth["noun"] == expected).all()
    assert (truth["place"].flatten() == np.arange(16)).all()
    assert (truth["background"] == QUESTIONS["background"].index("blue")).all()
    assert QUESTIONS["size"][truth["size"][0, 2]] == "small" and QUESTIONS["size"][truth["size"][3, 0]] == "big"


def test_a_thing_in_the_middle() -> None:
    truth = truth_of([Scene((Thing("cat", "middle"),))], WORLD, 4)["noun"].reshape(4, 4)
    assert (truth[1:3, 1:3] > 0).all() and (truth > 0).sum() == 4


def test_eyes_learn_to_see() -> None:
    model = UnifiedModel(ModelSizes().unified(300, VaeConfig(ch=32, norm_num_groups=8)))
    model.initialise(torch.Generator().manual_seed(0))
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    seen: list[dict[str, float]] = []
    teach_eyes(model, EyesSettings(num_steps=60, batch_size=32), Subject(WORLD, 64), seen.append)
    assert seen[-1]["loss"] < 0.6 * seen[0]["loss"]
    assert seen[-1]["background"] > 0.9 and seen[-1]["noun"] > seen[0]["noun"]
    changed = {name.split(".")[0] for name, weight in model.state_dict().items() if not weight.equal(before[name])}
    assert changed == {"vit_model", "connector"}


class OneTokenEach:
    """A tokenizer that knows names only."""

    def __init__(self, ids: dict[str, int]) -> None:
        self.ids = ids

    def encode(self, text: str) -> list[int]:
        return [self.ids[text.strip()]]


def test_what_is_seen_points_to_its_words() -> None:
    """A made-up tokenizer: each name is one token of its own."""
    ids = {name: number for number, name in enumerate(name for names in WORLD.names.values() for name in names)}
    tokenizer: Any = OneTokenEach(ids)
    model = UnifiedModel(ModelSizes().unified(300, VaeConfig(ch=32, norm_num_groups=8)))
    model.initialise(torch.Generator().manual_seed(0))
    embeddings = model.language_model.model.embed_tokens.weight.detach()
    words = directions_of_words(WORLD, tokenizer, embeddings)
    cat = QUESTIONS["noun"].index("cat")
    both = [F.normalize(embeddings[ids[name]], dim=0) for name in ("cat", "猫")]
    torch.testing.assert_close(words[cat], F.normalize(both[0] + both[1], dim=0))
    assert not words[0].any()
    seen: list[dict[str, float]] = []
    settings = EyesSettings(num_steps=60, batch_size=32)
    teach_eyes(model, settings, Subject(WORLD, 64), seen.append, tokenizer=tokenizer)
    assert seen[0]["things"] < 0.1 and seen[-1]["things"] > 2 * seen[0]["things"]
    assert torch.equal(embeddings, model.language_model.model.embed_tokens.weight)


def test_a_lesson_that_was_stopped_is_the_one_that_was_not(tmp_path: Path) -> None:
    def new() -> UnifiedModel:
        model = UnifiedModel(ModelSizes().unified(300, VaeConfig(ch=32, norm_num_groups=8)))
        model.initialise(torch.Generator().manual_seed(0))
        return model

    settings, half_way = EyesSettings(num_steps=4, batch_size=4), HalfWay(tmp_path / "eyes.pt")
    half_way.stop.asked = True
    for done in (1, 2):
        with pytest.raises(CancelledError):
            teach_eyes(new(), settings, Subject(WORLD, 64), lambda numbers: None, half_way)
        assert torch.load(half_way.file)["step"] == done
    half_way.stop.asked = False
    stopped, whole = new(), new()
    teach_eyes(stopped, settings, Subject(WORLD, 64), lambda numbers: None, half_way)
    teach_eyes(whole, settings, Subject(WORLD, 64), lambda numbers: None)
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, stopped.state_dict()[name]), name
