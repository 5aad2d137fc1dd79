"""A recipe of a pictured world, from nothing to a checkpoint folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import torch

from ..checkpoints.families.bagel import Bagel
from ..checkpoints.placement import choose_device
from ..errors import CancelledError, SettingsError
from ..inputs.formats.bagel import BagelFormat
from ..inputs.tokenizer import Tokenizer
from ..networks.unified import UnifiedModel
from ..networks.vae import Autoencoder
from .ahead import made_ahead
from .export import export, transforms_of
from .fuse import fuse
from .fused_encoder import fuse_encoder
from .loop import Trainer
from .objectives.unified import UnifiedObjective
from .optimizer import Average, make_optimizer
from .parallel import ALONE, Processes, processes_of_environment
from .recipe import Recipe
from .resume import TrainState, has_state, load_state, save_state
from .stages import VOCABULARY_FOLDER, Preparation, half_way_eyes
from .step import Step, StepSettings
from .stopping import Stop, stop_on_signals
from .streams.episodes import Pictures, Planner, Sight, Words
from .streams.patch_names import PatchNames
from .streams.world import WorldStream

Say = Callable[[str], None]
CHECKPOINT_FOLDER = "checkpoint"


@dataclass(frozen=True)
class Prepared:
    """All parts of a run, at the step where it stands."""

    recipe: Recipe
    trainer: Trainer
    state: TrainState
    model: UnifiedModel
    autoencoder: Autoencoder

    def export(self, folder: Path) -> None:
        """The averaged weights so far as a checkpoint folder."""
        assert self.state.average is not None
        vocabulary = self.trainer.folder / VOCABULARY_FOLDER
        export(
            folder, self.model, self.state.average, self.autoencoder, vocabulary, self.recipe.model, self.recipe.world
        )


def train(recipe: Recipe, say: Say, finish_in: int | None = None) -> bool:
    """Run a recipe, from its saved state if there is one; True when it is done and exported.

    `finish_in` lets the learning rate fall to zero over so many steps from where the run stands. Started by torchrun,
    all processes train the one model; they must see the same run folder.
    """
    if finish_in is not None and not 1 <= finish_in <= 10**9:
        raise SettingsError(f"finish_in is {finish_in}; expected 1 to 10**9 steps")
    with processes_of_environment(recipe.device) as processes, stop_on_signals() as stop:
        try:
            prepared = prepare(recipe, say, stop, processes)
        except CancelledError:
            return False
        trainer, state = prepared.trainer, prepared.state
        if processes.is_first:
            if not has_state(trainer.folder):
                save_state(state, trainer.folder)  # the eyes are taught once
            half_way_eyes(trainer.folder, stop).forget()
        if finish_in is not None:
            state.ending = (state.step + finish_in, finish_in)
        with made_ahead(trainer.step.stream, recipe.workers, processes.count) as stream:
            is_done = trainer.over(stream).run(state, say, stop)
        if is_done and processes.is_first:
            prepared.export(trainer.folder / CHECKPOINT_FOLDER)
            say(f"exported to {trainer.folder / CHECKPOINT_FOLDER}")
        return is_done


def prepare(recipe: Recipe, say: Say, stop: Stop | None = None, processes: Processes = ALONE) -> Prepared:
    """Everything that a run needs; makes the autoencoder and the vocabulary when they are absent.

    Raises CancelledError once `stop` is asked for, with what was done so far saved.
    """
    stop = stop or Stop()
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    torch.set_flush_denormal(True)  # tiny numbers late in training would cost ten times the time
    folder = Path(recipe.run_folder)
    folder.mkdir(parents=True, exist_ok=True)
    device = processes.device if processes.count > 1 else choose_device(recipe.device)
    preparation = Preparation(recipe, say if processes.is_first else _quiet, stop, device)
    autoencoder = processes.first_then_others(preparation.autoencoder)
    tokenizer = processes.first_then_others(preparation.vocabulary)
    stop.check()
    model = UnifiedModel(recipe.model.unified(-(-(tokenizer.largest_id + 1) // 16) * 16, autoencoder.config))
    model.initialise(torch.Generator().manual_seed(recipe.seed))
    model.to(device)
    state = TrainState(model, make_optimizer(model, recipe.optimizer, processes), Average(model))
    if has_state(folder):
        load_state(state, folder)
        preparation.say(f"resuming at step {state.step}")
    else:
        if processes.is_first:
            preparation.begin(model, tokenizer)
        processes.send_weights(model)
        state.average = Average(model)
    freeze(model, recipe.frozen)  # after the state was read, which knows all weights
    if recipe.fused:
        fuse(model)
        fuse_encoder(autoencoder)
    assert model.latents is not None
    objective = UnifiedObjective(model.latents, autoencoder, recipe.losses, device)
    settings = StepSettings(device, recipe.seed, recipe.precision, recipe.accumulate)
    stream = world_stream(recipe, model, tokenizer, recipe.accumulate * processes.count)
    step = Step(stream, objective, settings, processes)
    trainer = Trainer(step, recipe.optimizer, folder, recipe.saving)
    return Prepared(recipe, trainer, state, model, autoencoder)


def freeze(model: UnifiedModel, patterns: Sequence[str]) -> None:
    """Leave the weights of these names as they are; SettingsError for a pattern that names none, or for all of them."""
    for pattern in patterns:
        named = [parameter for name, parameter in model.named_parameters() if fnmatchcase(name, pattern)]
        if not named:
            groups = {name.split(".")[0] for name, _ in model.named_parameters()}
            raise SettingsError(f'frozen: no weight is called "{pattern}"; their names begin with {sorted(groups)}')
        for parameter in named:
            parameter.requires_grad_(False)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise SettingsError(f"frozen: {list(patterns)} leaves nothing to train")


def world_stream(recipe: Recipe, model: UnifiedModel, tokenizer: Tokenizer, batches_per_step: int = 1) -> WorldStream:
    """The lessons of a recipe's world as its model reads them."""
    prompt_format, world = BagelFormat(tokenizer), recipe.learned_world
    processor = Bagel().image_processor(Path(recipe.run_folder), model, transforms_of(recipe.model, model))
    assert model.latents is not None
    sight = Sight(processor, prompt_format.image_frame, model.latents)
    pictures = Pictures(world, recipe.model.image_size, sight)
    names = PatchNames(world, tokenizer, recipe.model.image_size // recipe.model.vit_patch_size)
    planner = Planner(Words(tokenizer, prompt_format), pictures, recipe.data.noisy_copies, names)
    return WorldStream(recipe.data, planner, recipe.seed, world, batches_per_step)


def _quiet(line: str) -> None:
    """What the others of several processes say."""
