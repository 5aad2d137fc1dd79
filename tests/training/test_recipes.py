"""Promise: every recipe that ships can be read, and a tiny run of the town trains on its pictures."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from mindseye.cli.train import is_graft
from mindseye.errors import SettingsError
from mindseye.settings import load_settings
from mindseye.training.graft_recipe import GraftRecipe
from mindseye.training.recipe import DataSettings, Phase, Recipe
from mindseye.training.run import prepare

ALL = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
GRAFTS = [path for path in ALL if is_graft(path)]
RECIPES = [path for path in ALL if path not in GRAFTS]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_are_read(path: Path) -> None:
    recipe = load_settings(Recipe, path, [])
    assert recipe.learned_world.kinds and recipe.model.image_size % recipe.model.vit_patch_size == 0


@pytest.mark.parametrize("path", GRAFTS, ids=lambda path: path.stem)
def test_recipes_of_grafted_models_are_read(path: Path) -> None:
    assert load_settings(GraftRecipe, path, []).stages
    assert {path.stem for path in GRAFTS} >= {"smol", "photo"}


def test_the_town_trains(tmp_path: Path, make_recipe: Callable[[Path], Recipe]) -> None:
    tiny = make_recipe(tmp_path)
    data = DataSettings(phases=(Phase({"talk": 1, "physics": 1, "wear": 1}),), tokens_per_batch=900)
    model = dataclasses.replace(tiny.model, image_size=96, latent_patch_size=3)
    prepared = prepare(dataclasses.replace(tiny, world="town", data=data, model=model), lambda line: None)
    numbers = prepared.trainer.step(prepared.state, tiny.optimizer)
    assert numbers["tokens"] > 300 and numbers["mse"] and numbers["ce"]


def test_a_kind_of_another_world_is_refused(tmp_path: Path, make_recipe: Callable[[Path], Recipe]) -> None:
    with pytest.raises(SettingsError, match="mix of a phase"):
        dataclasses.replace(make_recipe(tmp_path), data=DataSettings(phases=(Phase({"walk": 1}),)))


def test_fused_is_for_bfloat16(tmp_path: Path, make_recipe: Callable[[Path], Recipe]) -> None:
    with pytest.raises(SettingsError, match="precision: bfloat16"):
        dataclasses.replace(make_recipe(tmp_path), fused=True, precision="float32")
