"""Promise: with `image_loss` each image token predicts what stands behind it; without it nothing of that happens."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from graft_parts import save_language_model, save_tower, two_stages

from mindseye.errors import SettingsError
from mindseye.inputs.segments import ImageFrame, TextSegment, VitSegment
from mindseye.loaded import LoadedModel
from mindseye.training.batches import pack
from mindseye.training.curves import read_lines
from mindseye.training.graft_recipe import GraftRecipe, GraftStage
from mindseye.training.graft_run import GraftRun, placeholder_of, train_graft
from mindseye.training.lessons import Taught
from mindseye.training.objectives.grafted import SeenBatch, after_images
from mindseye.training.stopping import Stop

transformers = pytest.importorskip("transformers")
IMAGE = Taught(VitSegment(torch.zeros(3, 8, 8), 3, ImageFrame(is_causal=True), b""))
PLACEHOLDER = 77


def words(*ids: int) -> Taught:
    return Taught(TextSegment(ids))


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    save_language_model("llama", transformers, folder / "words")
    save_tower("clip", transformers, folder / "eyes")
    return folder


@pytest.fixture
def recipe(parts: Path, tmp_path: Path) -> GraftRecipe:
    whole = two_stages(parts, tmp_path / "run")
    return dataclasses.replace(whole, stages=whole.stages[:1])


def with_loss(recipe: GraftRecipe, weight: float) -> GraftRecipe:
    [stage] = recipe.stages
    return dataclasses.replace(recipe, stages=(dataclasses.replace(stage, image_loss=weight),))


def begun(recipe: GraftRecipe) -> tuple[GraftRun, LoadedModel]:
    run = GraftRun(recipe, lambda line: None, Stop())
    Path(recipe.run_folder).mkdir(parents=True)
    loaded = run.beginning()
    loaded.network.requires_grad_(False)
    loaded.network.projector.requires_grad_(True)
    return run, loaded


def test_each_image_token_predicts_what_follows() -> None:
    two_in_a_row = (words(1, 2), IMAGE, IMAGE, words(3, 4))
    last = (words(5), IMAGE)
    between = (IMAGE, words(6), IMAGE, words(7))
    batch = pack([two_in_a_row, last, between])
    places, labels = after_images(batch, PLACEHOLDER)
    assert labels.tolist() == [*[PLACEHOLDER] * 5, 3, *[PLACEHOLDER] * 2, *[PLACEHOLDER] * 2, 6, *[PLACEHOLDER] * 2, 7]
    num_words = len(batch.text_ids)
    assert (places - num_words).tolist() == [*range(6), 6, 7, *range(9, 15)]  # 8 ends its row: nothing stands behind it


def test_only_image_places_count(recipe: GraftRecipe) -> None:
    run, loaded = begun(with_loss(recipe, 0.5))
    step = run.step_of(run.recipe.stages[0], loaded)
    batch = step.stream[0]
    num_images, num_tokens = len(batch.lessons.vit_images), 4  # grid:2
    assert step.objective.counts(batch) == {"ce": len(batch.lessons.labels), "image_ce": num_images * num_tokens}
    assert step.objective.weights == {"ce": 1.0, "image_ce": 0.5}
    found = step.objective.sums(loaded.network, batch, torch.Generator())
    assert found["image_ce"] / (num_images * num_tokens) > 1.0  # a random model knows no placeholder
    plain = run.step_of(recipe.stages[0], loaded).objective
    assert plain.counts(batch) == {"ce": len(batch.lessons.labels)} and plain.weights == {"ce": 1.0}
    assert torch.equal(plain.sums(loaded.network, batch, torch.Generator())["ce"], found["ce"])


def test_the_projector_is_pulled_by_its_own_places(recipe: GraftRecipe) -> None:
    """Even where nothing is answered; a batch's answers pull it another way."""
    run, loaded = begun(with_loss(recipe, 1.0))
    step = run.step_of(run.recipe.stages[0], loaded)
    batch: SeenBatch = step.stream[0]
    losses = step.objective.sums(loaded.network, batch, torch.Generator())
    weights = list(loaded.network.projector.parameters())
    pulls = [
        torch.cat([g.flatten() for g in torch.autograd.grad(losses[name], weights, retain_graph=True)])
        for name in ("ce", "image_ce")
    ]
    assert all(pull.norm() > 1e-3 for pull in pulls)
    assert torch.cosine_similarity(*pulls, dim=0) < 0.9


def test_it_is_learnt(recipe: GraftRecipe) -> None:
    recipe = with_loss(recipe, 1.0)
    [stage] = recipe.stages
    pace = dataclasses.replace(stage.optimizer, num_steps=24, num_decay_steps=4)
    recipe = dataclasses.replace(recipe, stages=(dataclasses.replace(stage, optimizer=pace),))
    assert train_graft(recipe, lambda line: None)
    lines = read_lines(Path(recipe.run_folder) / "align")
    assert lines[-1]["image_ce"] < lines[0]["image_ce"] - 0.2


def test_what_stands_for_an_image_token() -> None:
    def loaded(marks: dict[str, int], stops: set[int]) -> LoadedModel:
        tokenizer, form = SimpleNamespace(special_ids=marks), SimpleNamespace(stop_ids=frozenset(stops))
        return SimpleNamespace(tokenizer=tokenizer, prompt_format=form)  # type: ignore[return-value]

    assert placeholder_of(loaded({"<image>": 9, "</s>": 2}, {2})) == 9
    assert placeholder_of(loaded({"<|endoftext|>": 4, "<|im_end|>": 6}, {6, 4})) == 4
    with pytest.raises(SettingsError, match="leave image_loss out"):
        placeholder_of(loaded({}, set()))


def test_weights_that_cannot_be_are_refused(recipe: GraftRecipe) -> None:
    [stage] = recipe.stages
    with pytest.raises(SettingsError, match="image_loss is -1"):
        GraftStage("a", stage.parts, stage.optimizer, stage.scenes, image_loss=-1.0)
