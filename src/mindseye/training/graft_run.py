"""A recipe for a language model with eyes, from its parts to a checkpoint folder: stage after stage."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch

from ..checkpoints.graft import GraftOptions, Start, graft, start_from_names
from ..checkpoints.load import load
from ..checkpoints.placement import choose_device
from ..checkpoints.save_grafted import save_grafted
from ..checkpoints.tower_sources import find_tower
from ..errors import CancelledError, SettingsError
from ..inputs.image_processors import SquareProcessor, SquareTransforms
from ..loaded import LoadedModel
from ..networks.grafted import Grafted
from ..networks.lora import merge
from ..whole_files import whole_file, write_whole
from ..worlds.world import world_called
from .ahead import made_ahead
from .class_features import ClassFeatures
from .graft_recipe import GraftRecipe, GraftStage
from .loop import Trainer
from .objectives.grafted import GraftedObjective
from .parallel import ALONE, Processes, processes_of_environment
from .picture_pool import features_of, picture_files, scenes, varied
from .probe import fit_probe
from .resume import TrainState, has_state, load_state
from .showing import Exhibition
from .step import Step, StepSettings
from .stopping import Stop, stop_on_signals
from .streams.exhibit import ShowingStream
from .streams.names import NameSettings, NameStream
from .streams.rows import RowStream
from .streams.scenes import SceneStream
from .streams.sights import SightReader
from .trainable import Trainable, choose, optimizer_of

Say = Callable[[str], None]
BEGINNING, CHECKPOINT, FEATURES, PARTS = "graft", "checkpoint", "features.pt", "parts.json"
PLACEHOLDERS = ("<image>", "<|image_pad|>")


@dataclass(frozen=True)
class GraftRun:
    """A recipe on one device."""

    recipe: GraftRecipe
    say: Say
    stop: Stop
    processes: Processes = ALONE

    @property
    def folder(self) -> Path:
        return Path(self.recipe.run_folder)

    @property
    def device(self) -> torch.device:
        return self.processes.device if self.processes.count > 1 else choose_device(self.recipe.device)

    def train(self) -> bool:
        """All stages, from where the run stands; True when it is done and exported."""
        try:
            loaded = self.processes.first_then_others(self.beginning)
        except CancelledError:
            return False
        for stage in self.recipe.stages:
            if not self.learn(stage, loaded):
                return False
        if self.processes.is_first:
            self.export(loaded, self.folder / CHECKPOINT, self.folder / BEGINNING)
            self.say(f"exported to {self.folder / CHECKPOINT}")
        self.processes.wait()
        return True

    def beginning(self) -> LoadedModel:
        """The model before the first step, made when there is none."""
        said, folder = self.recipe.graft, self.folder / BEGINNING
        if not folder.is_dir():
            unfinished = folder.with_name(BEGINNING + ".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            self.say(f"grafting {said.vision_encoder} onto {said.language_model}")
            scenes = self.recipe.stages[0].scenes if said.start == "names" else None
            projector, start = said.projector, cast(Start, "random" if scenes else said.start)
            if scenes:
                world = world_called(scenes.world)
                answers = world.patch_questions[world.naming]
                projector = replace(projector, kind="mlp", hidden_size=len(answers), activation="softmax")
            options = GraftOptions(
                projector, said.image_tokens, start, said.contrastive, said.random_init, self.recipe.seed
            )
            graft(said.language_model, said.vision_encoder, unfinished, options)
            if scenes:
                self.start_from_scenes(unfinished, scenes.world)
            write_whole(unfinished / PARTS, json.dumps(asdict(said)))
            unfinished.rename(folder)
        self.check_parts(folder)
        return load(folder, device=self.device, dtype=torch.float32)

    def check_parts(self, folder: Path) -> None:
        """SettingsError where the run was begun with other parts than the recipe names now."""
        if not (folder / PARTS).is_file():
            return
        before, now = json.loads((folder / PARTS).read_text()), json.loads(json.dumps(asdict(self.recipe.graft)))
        other = [name for name in now if now[name] != before.get(name)]
        if other:
            raise SettingsError(
                f"the run in {self.folder} was begun with another {', '.join(f'graft.{name}' for name in other)} "
                f"({', '.join(str(before.get(name)) for name in other)}); take another run_folder, or remove this one"
            )

    def start_from_scenes(self, folder: Path, world: str) -> None:
        """The projector of the model in `folder` starts from a classifier of what stands in each patch."""
        loaded = load(folder, device=self.device, dtype=torch.float32)
        network, processor = cast(Grafted, loaded.network), cast(SquareProcessor, loaded.image_processor)
        self.say(f"fitting a classifier of the things in {world}")
        probe = self.recipe.graft.probe
        known = fit_probe(network, processor.transforms, world_called(world), probe, self.recipe.seed, self.stop)
        start_from_names(network, known, loaded.tokenizer)
        self.export(loaded, folder, folder)

    def learn(self, stage: GraftStage, loaded: LoadedModel) -> bool:
        """One stage, from its saved state if there is one; False when asked to stop before its end."""
        network, folder = cast(Grafted, loaded.network), self.folder / stage.name
        trainable = choose(network, stage.parts, self.recipe.seed)
        state = TrainState(network, optimizer_of(trainable, stage.parts, stage.optimizer), None)
        state.unsaved = trainable.frozen | unlearnt(network)
        if has_state(folder):
            load_state(state, folder)
        if state.step < stage.optimizer.num_steps:
            self.say(f"stage {stage.name}, step {state.step} of {stage.optimizer.num_steps}: {described(trainable)}")
            trainer = Trainer(self.step_of(stage, loaded), stage.optimizer, folder, self.recipe.saving)
            show = self.exhibition(cast(ShowingStream, trainer.step.stream), loaded, state, folder)
            with made_ahead(trainer.step.stream, self.recipe.workers, self.processes.count) as stream:
                if not trainer.over(stream).run(state, self.say, self.stop, show=show):
                    return False
        merge(network)
        network.requires_grad_(False)
        network.eval()
        return True

    def exhibition(
        self, stream: ShowingStream, loaded: LoadedModel, state: TrainState, folder: Path
    ) -> Exhibition | None:
        """What is shown to the model as the stage goes on, by the first of several processes."""
        settings = self.recipe.showing
        if not settings.every or not self.processes.is_first:
            return None
        found = Exhibition(settings, loaded, stream.exhibits(settings.pictures), folder, self.say)
        found.open(state)
        return found

    def step_of(self, stage: GraftStage, loaded: LoadedModel) -> Step:
        """What a step of a stage is made of."""
        recipe = self.recipe
        settings = StepSettings(self.device, recipe.seed, recipe.precision, recipe.accumulate)
        objective = GraftedObjective(
            self.device,
            stage.contrastive_weight,
            self.processes,
            stage.image_loss,
            placeholder_of(loaded) if stage.image_loss else 0,
        )
        return Step(self.stream_of(stage, loaded), objective, settings, self.processes)

    def stream_of(self, stage: GraftStage, loaded: LoadedModel) -> ShowingStream:
        """The batches of a stage."""
        processor = loaded.image_processor
        assert isinstance(processor, SquareProcessor)
        reader = SightReader(loaded.tokenizer, loaded.prompt_format, processor.num_tokens)
        with_texts = stage.contrastive_weight > 0
        if stage.rows is not None:
            return RowStream(stage.rows, reader, processor, self.recipe.seed, with_texts)
        if stage.scenes is not None:
            world = world_called(stage.scenes.world)
            return SceneStream(stage.scenes, world, reader, processor.transforms, self.recipe.seed, with_texts)
        assert stage.names is not None
        names = find_tower(self.recipe.graft.vision_encoder, with_weights=False).class_names
        if not names:
            raise SettingsError(
                f"stage {stage.name}: the classes of {self.recipe.graft.vision_encoder} have no names here; take "
                'efficientnet-lite0, and pip install "mindseye[photo]"'
            )
        features = self.class_features(stage.names, loaded, processor.transforms)
        return NameStream(stage.names, features, names, reader, self.recipe.seed)

    def class_features(
        self, settings: NameSettings, loaded: LoadedModel, transforms: SquareTransforms
    ) -> ClassFeatures:
        """Features of the pictures at hand, kept in the run folder, and the tower's classifier."""
        network, file = cast(Grafted, loaded.network), self.folder / FEATURES
        classifier = cast(Any, network.vision_tower)._fc

        def see() -> torch.Tensor:
            if not file.is_file():
                files = picture_files(settings.pictures, self.say)
                self.say(f"looking at {len(files)} pictures and {settings.num_scenes} scenes")
                shown = [*varied(files, transforms, settings.copies, self.recipe.seed)]
                shown += scenes(settings.num_scenes, self.recipe.seed)
                with whole_file(file) as unfinished:
                    torch.save(features_of(shown, network, transforms), unfinished)
            return torch.load(file, weights_only=True)

        pictures = self.processes.first_then_others(see)
        rows, bias = (each.detach().float().cpu() for each in (classifier.weight, classifier.bias))
        return ClassFeatures(pictures, rows, bias)

    def export(self, loaded: LoadedModel, folder: Path, source: Path) -> None:
        """The model as it stands as a checkpoint folder; what training does not touch comes from `source`."""
        text_config = json.loads((source / "config.json").read_text())["text_config"]
        processor = loaded.image_processor
        assert isinstance(processor, SquareProcessor)
        save_grafted(folder, cast(Grafted, loaded.network), text_config, processor.transforms, source)


def train_graft(recipe: GraftRecipe, say: Say) -> bool:
    """Run a recipe; True when it is done and exported, False when it was asked to stop and is saved."""
    if recipe.threads is not None:
        torch.set_num_threads(recipe.threads)
    torch.set_flush_denormal(True)
    Path(recipe.run_folder).mkdir(parents=True, exist_ok=True)
    with processes_of_environment(recipe.device) as processes, stop_on_signals() as stop:
        return GraftRun(recipe, say if processes.is_first else _quiet, stop, processes).train()


def placeholder_of(loaded: LoadedModel) -> int:
    """The id that stands for an image token where one must be predicted: the tokenizer's own, if it has one, else the
    mark that ends a text. SettingsError where there is neither.
    """
    marks, stops = loaded.tokenizer.special_ids, sorted(loaded.prompt_format.stop_ids)
    found = [marks[name] for name in PLACEHOLDERS if name in marks] + stops
    if not found:
        raise SettingsError(
            f"image_loss needs an id for image tokens, but the tokenizer has neither {' nor '.join(PLACEHOLDERS)} nor "
            "a mark that ends a text; leave image_loss out"
        )
    return found[0]


def unlearnt(network: Grafted) -> frozenset[str]:
    """Names of the buffers, which never change."""
    return frozenset(network.state_dict()) - {name for name, _ in network.named_parameters()}


def described(trainable: Trainable) -> str:
    """How many weights move, by part."""
    sizes = {name: parameter.numel() for name, parameter in trainable.model.named_parameters()}
    moving = {part: sum(sizes[name] for name in names) for part, names in trainable.parts.items()}
    return ", ".join(f"{part} ({count / 1e6:.2f} million weights)" for part, count in moving.items()) + " learns"


def _quiet(line: str) -> None:
    """What the others of several processes say."""
