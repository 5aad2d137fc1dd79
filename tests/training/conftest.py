"""A whole run, but tiny: it trains in seconds."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mindseye.training.autoencoder import AutoencoderSettings
from mindseye.training.eyes import EyesSettings
from mindseye.training.optimizer import OptimizerSettings
from mindseye.training.recipe import DataSettings, ModelSizes, Phase, Recipe, SavingSettings
from mindseye.training.run import prepare
from mindseye.training.vocabulary import VocabularySettings


def tiny_recipe(folder: Path) -> Recipe:
    return Recipe(
        world="corners",
        run_folder=str(folder),
        threads=torch.get_num_threads(),
        precision="float32",
        data=DataSettings(phases=(Phase({"draw.one": 1, "question": 1, "edit": 1}),), tokens_per_batch=400),
        autoencoder=AutoencoderSettings(
            ch=32, norm_num_groups=8, num_steps=2, num_crop_steps=1, batch_size=2, pool_size=8
        ),
        eyes=EyesSettings(num_steps=0),
        vocabulary=VocabularySettings(size=600, num_episodes=300),
        model=ModelSizes(
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            vit_hidden_size=16,
            vit_intermediate_size=32,
            vit_num_hidden_layers=1,
            vit_num_attention_heads=2,
        ),
        optimizer=OptimizerSettings(num_steps=6, num_decay_steps=2, num_warmup_steps=2),
        saving=SavingSettings(report_every=2),
    )


@pytest.fixture
def make_recipe() -> Callable[[Path], Recipe]:
    """From a run folder to a tiny recipe."""
    return tiny_recipe


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with autoencoder and vocabulary, no training yet."""
    folder = tmp_path_factory.mktemp("run")
    prepare(tiny_recipe(folder), lambda line: None)
    return folder


@pytest.fixture
def recipe(made_folder: Path, tmp_path: Path) -> Recipe:
    """A recipe whose autoencoder and vocabulary are there already."""
    for item in made_folder.iterdir():
        (tmp_path / item.name).symlink_to(item)
    return dataclasses.replace(tiny_recipe(tmp_path), run_folder=str(tmp_path))
