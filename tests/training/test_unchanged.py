"""Promise: the same seed trains the same model as before training and generation had one vocabulary.

`recorded/` was written by the code before that change (commit 9fbcb84): the first steps of a tiny recipe, and its
state after two of them. Data must agree exactly; losses up to what another processor's arithmetic may differ.
"""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mindseye.training.batches import Batch
from mindseye.training.recipe import Phase, Recipe
from mindseye.training.resume import STATE_FILE
from mindseye.training.run import Prepared, prepare
from mindseye.training.vocabulary import VocabularySettings

RECORDED = Path(__file__).parent / "recorded"
STEPS = json.loads((RECORDED / "steps.json").read_text())


def prepared_in(folder: Path, make_recipe: Callable[[Path], Recipe]) -> Prepared:
    tiny = make_recipe(folder)
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1}
    eyes = {"vit_hidden_size": 8, "vit_intermediate_size": 16}
    mix = {"draw.one": 1, "question": 1, "edit": 1, "talk": 1}
    recipe = dataclasses.replace(
        tiny,
        seed=1,
        vocabulary=VocabularySettings(size=300, num_episodes=100),
        model=dataclasses.replace(tiny.model, **sizes, **eyes),
        data=dataclasses.replace(tiny.data, tokens_per_batch=600, phases=(Phase(mix),)),
    )
    return prepare(recipe, lambda line: None)


def digest(batch: Batch) -> str:
    found = hashlib.blake2b(digest_size=16)
    buckets = [array for bucket in batch.buckets for array in (bucket.rows, bucket.mask)]
    for array in (batch.text_ids, batch.positions, batch.label_indices, batch.labels, *buckets, *batch.sample_rows):
        found.update(repr((array.shape, str(array.dtype))).encode())
        found.update(array.tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("first", [0, 2])
def test_steps_are_those_of_before(tmp_path: Path, make_recipe: Callable[[Path], Recipe], first: int) -> None:
    if first:
        shutil.copy(RECORDED / STATE_FILE, tmp_path / STATE_FILE)
    prepared = prepared_in(tmp_path, make_recipe)
    assert prepared.state.step == first
    step = prepared.trainer.step
    for expected in STEPS[first:]:
        assert digest(step.stream[prepared.state.step]) == expected["digest"]
        found = step(prepared.state, prepared.recipe.optimizer)
        numbers = {name: value for name, value in expected.items() if name != "digest"}
        assert found == pytest.approx(numbers, rel=1e-4)
