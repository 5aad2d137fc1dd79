"""What comes before the steps of a run: autoencoder, vocabulary, first weights. What exists is not made again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from ..checkpoints.locate import find_folder
from ..errors import SettingsError
from ..given_files import read_json
from ..inputs.images import pixels_of
from ..inputs.known_words import KnownWords
from ..inputs.tokenizer import Tokenizer
from ..networks.config import VaeConfig
from ..networks.unified import UnifiedModel
from ..networks.vae import Autoencoder
from ..whole_files import write_whole
from ..worlds.world import World, sample_sentences
from . import autoencoder as pocket_autoencoder
from .curves import as_line
from .export import WORDS_FILE
from .eyes import teach_eyes
from .recipe import Recipe
from .stopping import HalfWay, Stop
from .vocabulary import train_vocabulary
from .warm_start import start_from

VOCABULARY_FOLDER = "vocabulary"


@dataclass(frozen=True)
class Preparation:
    """The stages of one recipe on one device. They raise CancelledError once `stop` is asked for, saved half-way."""

    recipe: Recipe
    say: Callable[[str], None]
    stop: Stop
    device: torch.device

    @property
    def folder(self) -> Path:
        return Path(self.recipe.run_folder)

    @property
    def subject(self) -> pocket_autoencoder.Subject:
        """The pictures that the run is about."""
        recipe = self.recipe
        return pocket_autoencoder.Subject(recipe.learned_world, recipe.model.image_size, recipe.seed)

    def autoencoder(self) -> Autoencoder:
        """The autoencoder in the run folder, trained first when there is none."""
        weights, sizes = self.folder / pocket_autoencoder.WEIGHTS_FILE, self.folder / pocket_autoencoder.CONFIG_FILE
        if not weights.is_file():
            self.say("training the autoencoder")
            half_way = HalfWay(self.folder / "autoencoder-half-way.pt", self.stop)
            trained = pocket_autoencoder.train_autoencoder(
                self.recipe.autoencoder, self.subject, self._reporter("autoencoder"), half_way, self.device
            )
            self.say(f"the autoencoder gives back unseen scenes at {self._psnr(trained):.2f} dB")
            pocket_autoencoder.save_autoencoder(trained, self.folder)
            half_way.forget()
        if not sizes.is_file():
            raise SettingsError(f"{weights} has no {sizes.name} beside it; remove it to train the autoencoder anew")
        said = read_json(sizes, error=SettingsError)
        autoencoder = Autoencoder(replace(VaeConfig(**said), ch_mult=tuple(said["ch_mult"])))
        autoencoder.load_state_dict({name: weight.float() for name, weight in load_file(weights).items()})
        return autoencoder.eval().requires_grad_(False).to(self.device)

    def _psnr(self, trained: Autoencoder) -> float:
        unseen = replace(self.subject, seed=self.recipe.seed + 1)
        pictures = pocket_autoencoder.render_pool(unseen, 200, "validation")
        return pocket_autoencoder.measure_psnr(trained, pixels_of(pictures).to(self.device))

    def vocabulary(self) -> Tokenizer:
        """The tokenizer in the run folder, made from texts of the world when there is none."""
        folder, world = self.folder / VOCABULARY_FOLDER, self.recipe.learned_world
        if not (folder / "tokenizer_config.json").is_file():
            settings, rng = self.recipe.vocabulary, np.random.default_rng(self.recipe.seed)
            texts = sample_sentences(world, rng, settings.num_episodes)
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / WORDS_FILE, json.dumps(KnownWords.of(texts).to_json(), ensure_ascii=False) + "\n")
            num_tokens = train_vocabulary(texts, words_apart(world), settings.size, folder)
            self.say(f"made a vocabulary of {num_tokens} tokens")
        return Tokenizer.from_folder(folder)

    def begin(self, model: UnifiedModel, tokenizer: Tokenizer) -> None:
        """Weights of the first step: random or those of a checkpoint, with eyes that have been taught to see."""
        recipe = self.recipe
        if recipe.start_from is not None:
            start_from(model, find_folder(recipe.start_from), tokenizer)
            self.say(f"starting from {recipe.start_from}")
        if recipe.eyes.num_steps:
            self.say("teaching the eyes")
            half_way = half_way_eyes(self.folder, self.stop)
            teach_eyes(model, recipe.eyes, self.subject, self._reporter("eyes"), half_way, self.device, tokenizer)

    def _reporter(self, what: str) -> Callable[[dict[str, float]], None]:
        return lambda numbers: self.say(f"{what} {as_line(numbers)}")


def half_way_eyes(folder: Path, stop: Stop) -> HalfWay:
    """Where the lesson of the eyes stands."""
    return HalfWay(folder / "eyes-half-way.pt", stop)


def words_apart(world: World) -> list[str]:
    """Words of the world, and marks, that shall be tokens of their own."""
    return [*world.words, "<think>", "</think>"]
