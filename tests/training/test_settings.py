"""Promise: a recipe says what it says; nothing misspelt passes in silence."""

from itertools import pairwise
from pathlib import Path

import pytest

from mindseye.errors import SettingsError
from mindseye.settings import load_settings
from mindseye.training.graft_recipe import GraftRecipe
from mindseye.training.optimizer import OptimizerSettings
from mindseye.training.recipe import DataSettings, Phase, Recipe

POCKET = Path(__file__).parents[2] / "recipes" / "pocket.yaml"


def test_shipped_recipe() -> None:
    recipe = load_settings(Recipe, POCKET)
    assert recipe.autoencoder.ch_mult == (1, 1, 1, 1)
    assert recipe.world == "town" and recipe.model.image_size == 96
    assert recipe.data.phases[-1].until is None


def test_overrides() -> None:
    recipe = load_settings(
        Recipe, POCKET.with_name("corners.yaml"), ["optimizer.num_steps=5000", "data.dropout.text=0.2", "threads=null"]
    )
    assert (recipe.optimizer.num_steps, recipe.data.dropout.text, recipe.threads) == (5000, 0.2, None)


def test_entries_of_a_list_are_set_by_name_or_number() -> None:
    smol = POCKET.with_name("smol.yaml")
    recipe = load_settings(GraftRecipe, smol, ["stages.align.image_loss=0.5", "stages.0.scenes.batch_size=3"])
    assert (recipe.stages[0].image_loss, recipe.stages[0].scenes.batch_size) == (0.5, 3)
    with pytest.raises(SettingsError, match=r'no entry is called aling .did you mean "align"'):
        load_settings(GraftRecipe, smol, ["stages.aling.image_loss=0.5"])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.learning_rat=1", 'unknown option "optimizer.learning_rat" .did you mean "learning_rate"'),
        ("optimzer.num_steps=1", 'did you mean "optimizer"'),
        ("optimizer.num_steps=many", "expected int"),
        ("optimizer.num_steps=2.5", "expected int"),
        ("data.phases.mix=3", "phases is a list; say which entry"),
        ("data.phases.mix.edit=3", "no entry is called mix"),
        ("seed", "sets nothing"),
        ("precision=float16", "expected bfloat16 or float32"),
        ("optimizer.num_steps=100", "do not fit"),
    ],
)
def test_errors(override: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(Recipe, POCKET, [override])


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r'did you mean "pocket\.yaml"'):
        load_settings(Recipe, POCKET.with_name("poket.yaml"))
    with pytest.raises(SettingsError, match='option "data" is missing'):
        (tmp_path / "empty.yaml").write_text("seed: 1")
        load_settings(Recipe, tmp_path / "empty.yaml")


def test_phases_must_rise() -> None:
    with pytest.raises(SettingsError, match="must rise"):
        DataSettings((Phase({"draw": 1}, 20), Phase({"draw": 1}, 10), Phase({"draw": 1})))
    with pytest.raises(SettingsError, match="until"):
        DataSettings((Phase({"draw": 1}, 20),))


def test_learning_rate_rises_stays_and_falls() -> None:
    settings = OptimizerSettings(num_steps=100, num_decay_steps=20, num_warmup_steps=10, learning_rate=1.0)
    rates = [settings.learning_rate_at(step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == rates[80] == 1.0 and rates[100] == 0.0
    assert all(a >= b for a, b in pairwise(rates[80:]))
    ending = settings.finishing_in(50, 10)
    assert ending.learning_rate_at(50) == 1.0 and ending.learning_rate_at(60) == 0.0
    assert settings.ema_decay_at(0) == 0.999 > ending.ema_decay_at(50)
