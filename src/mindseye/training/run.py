"""From a recipe to a checkpoint folder: autoencoder, vocabulary, training, export; what exists is not made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from ..checkpoints.weights import weights_file
from ..errors import CancelledError, SettingsError
from ..given_files import read_json
from ..inputs.tokenizer import Tokenizer
from ..networks.config import VaeConfig
from ..networks.unified import UnifiedModel
from ..networks.vae import Autoencoder
from ..worlds.world import World, sample_sentences
from . import autoencoder as pocket_autoencoder
from .curves import as_line
from .data import WorldStream, cached
from .export import export
from .eyes import teach_eyes
from .fuse import fuse
from .fused_encoder import fuse_encoder
from .loop import Trainer
from .optimizer import Average, make_optimizer
from .plans import Marks, Planner
from .recipe import Recipe
from .resume import TrainState, has_state, load_state, save_state
from .stopping import HalfWay, Stop, stop_on_signals
from .vocabulary import train_vocabulary

Say = Callable[[str], None]
CHECKPOINT_FOLDER = "checkpoint"
VOCABULARY_FOLDER = "vocabulary"


@dataclass(frozen=True)
class Prepared:
    """All parts of a run, at the step where it stands."""

    trainer: Trainer
    state: TrainState
    vocabulary: Path

    def export(self, folder: Path) -> None:
        """The averaged weights so far as a checkpoint folder."""
        trainer = self.trainer
        export(
            folder,
            trainer.model,
            self.state.average,
            trainer.autoencoder,
            self.vocabulary,
            trainer.recipe.model,
        )


def train(recipe: Recipe, say: Say, finish_in: int | None = None) -> bool:
    """Run a recipe, from its saved state if there is one; True when it is done and exported.

    `finish_in` lets the learning rate fall to zero over so many steps from where the run stands.
    """
    if finish_in is not None and not 1 <= finish_in <= 10**9:
        raise SettingsError(f"finish_in is {finish_in}; expected 1 to 10**9 steps")
    with stop_on_signals() as stop:
        try:
            prepared = prepare(recipe, say, stop)
        except CancelledError:
            return False
        trainer, state = prepared.trainer, prepared.state
        if not has_state(trainer.folder):
            save_state(state, trainer.folder)  # the eyes are taught once
        half_way_eyes(trainer.folder, stop).forget()
        if finish_in is not None:
            state.ending = (state.step + finish_in, finish_in)
        is_done = trainer.run(state, say, stop)
        if is_done:
            prepared.export(trainer.folder / CHECKPOINT_FOLDER)
            say(f"exported to {trainer.folder / CHECKPOINT_FOLDER}")
        return is_done


def prepare(recipe: Recipe, say: Say, stop: Stop | None = None) -> Prepared:
    """Everything that a run needs; makes the autoencoder and the vocabulary when they are absent.

    Raises CancelledError once `stop` is asked for, with what was done so far saved.
    """
    stop = stop or Stop()
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    torch.set_flush_denormal(True)  # tiny numbers late in training would cost ten times the time
    folder = Path(recipe.run_folder)
    folder.mkdir(parents=True, exist_ok=True)
    autoencoder = prepare_autoencoder(recipe, folder, say, stop)
    vocabulary = folder / VOCABULARY_FOLDER
    tokenizer = prepare_vocabulary(recipe, vocabulary, say)
    stop.check()
    model = UnifiedModel(recipe.model.unified(-(-(tokenizer.largest_id + 1) // 16) * 16, autoencoder.config))
    model.initialise(torch.Generator().manual_seed(recipe.seed))
    state = TrainState(model, make_optimizer(model, recipe.optimizer), Average(model))
    if has_state(folder):
        load_state(state, folder)
        say(f"resuming at step {state.step}")
    else:
        begin(recipe, model, say, stop)
        state.average = Average(model)
    if recipe.fused:
        fuse(model)
        fuse_encoder(autoencoder)
    special, sizes = tokenizer.special, recipe.model
    over = tokenizer.special_ids["<|endoftext|>"]
    marks = Marks(special.start, special.end, special.image_start, special.image_end, over)
    latent_side = sizes.image_size // model.config.pixels_per_token
    encode = cached(tokenizer.encode)
    vit_side = sizes.image_size // sizes.vit_patch_size
    planner = Planner(encode, marks, vit_side, latent_side, recipe.data.noisy_copies)
    stream = WorldStream(recipe.data, planner, recipe.seed, recipe.learned_world, sizes.image_size)
    return Prepared(Trainer(recipe, stream, model, autoencoder, folder), state, vocabulary)


def begin(recipe: Recipe, model: UnifiedModel, say: Say, stop: Stop) -> None:
    """The weights of the first step: random or those of a checkpoint, with eyes that have been taught to see."""
    if recipe.start_from is not None:
        fill(model, Path(recipe.start_from))
        say(f"starting from {recipe.start_from}")
    if recipe.eyes.num_steps:
        say("teaching the eyes")
        half_way, subject = half_way_eyes(Path(recipe.run_folder), stop), subject_of(recipe)
        teach_eyes(model, recipe.eyes, subject, lambda numbers: say(f"eyes {as_line(numbers)}"), half_way)


def half_way_eyes(folder: Path, stop: Stop) -> HalfWay:
    """Where the lesson of the eyes stands."""
    return HalfWay(folder / "eyes-half-way.pt", stop)


def fill(model: UnifiedModel, folder: Path) -> None:
    """Weights of a checkpoint folder into `model`; SettingsError when they do not fit."""
    if not folder.is_dir():
        raise SettingsError(f"start_from is {folder}, which is not a folder; expected a checkpoint folder")
    weights = {name: weight.float() for name, weight in load_file(weights_file(folder)).items()}
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise SettingsError(f"the weights of {folder} are of other sizes than the recipe's model: {error}") from error


def prepare_autoencoder(recipe: Recipe, folder: Path, say: Say, stop: Stop) -> Autoencoder:
    """The autoencoder in `folder`, trained first when there is none."""
    weights, sizes = folder / pocket_autoencoder.WEIGHTS_FILE, folder / pocket_autoencoder.CONFIG_FILE
    if not weights.is_file():
        say("training the autoencoder")
        half_way = HalfWay(folder / "autoencoder-half-way.pt", stop)
        trained = pocket_autoencoder.train_autoencoder(
            recipe.autoencoder, subject_of(recipe), lambda numbers: say(f"autoencoder {as_line(numbers)}"), half_way
        )
        unseen = replace(subject_of(recipe), seed=recipe.seed + 1)
        pictures = pocket_autoencoder.render_pool(unseen, 200, "validation")
        psnr = pocket_autoencoder.measure_psnr(trained, pocket_autoencoder.to_pixels(pictures))
        say(f"the autoencoder gives back unseen scenes at {psnr:.2f} dB")
        pocket_autoencoder.save_autoencoder(trained, folder)
        half_way.forget()
    if not sizes.is_file():
        raise SettingsError(f"{weights} has no {sizes.name} beside it; remove it to train the autoencoder anew")
    said = read_json(sizes, error=SettingsError)
    autoencoder = Autoencoder(replace(VaeConfig(**said), ch_mult=tuple(said["ch_mult"])))
    autoencoder.load_state_dict({name: weight.float() for name, weight in load_file(weights).items()})
    return autoencoder.eval().requires_grad_(False)


def prepare_vocabulary(recipe: Recipe, folder: Path, say: Say) -> Tokenizer:
    """The tokenizer in `folder`, made from texts of the world when there is none."""
    if not (folder / "tokenizer_config.json").is_file():
        settings, rng = recipe.vocabulary, np.random.default_rng(recipe.seed)
        texts = sample_sentences(recipe.learned_world, rng, settings.num_episodes)
        num_tokens = train_vocabulary(texts, words_apart(recipe.learned_world), settings.size, folder)
        say(f"made a vocabulary of {num_tokens} tokens")
    return Tokenizer.from_folder(folder)


def words_apart(world: World) -> list[str]:
    """Words of the world, and marks, that shall be tokens of their own."""
    return [*world.words, "<think>", "</think>"]


def subject_of(recipe: Recipe) -> pocket_autoencoder.Subject:
    """The pictures that a run is about."""
    return pocket_autoencoder.Subject(recipe.learned_world, recipe.model.image_size, recipe.seed)
