"""Promise: batches follow from their number alone, and hold what their episodes say."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from mindseye.training.batches import pack
from mindseye.training.data import WorldStream
from mindseye.training.plans import Dropout, ImageSegment, Marks, Planner, TextSegment, drop_conditions
from mindseye.training.recipe import DataSettings, Phase
from mindseye.worlds.episodes import Say, Show
from mindseye.worlds.scenes import Scene, Thing
from mindseye.worlds.world import world_called

MARKS = Marks(start=300, end=301, image_start=302, image_end=303, over=304)
PLANNER = Planner(lambda text: list(text.encode()), MARKS, vit_side=4, latent_side=4)
BEFORE, AFTER = Scene((Thing("cat", "middle"),)), Scene(())


def kinds(plan: tuple) -> list[str]:
    return ["text" if isinstance(segment, TextSegment) else segment.kind for segment in plan]


def test_a_question_is_seen_by_the_vit_alone() -> None:
    plan = PLANNER.plan([Show(BEFORE), Say("what?", then="text"), Say("a cat", is_target=True)])
    assert kinds(plan) == ["vit", "text", "text"]
    assert plan[1].end_label == MARKS.start and not plan[1].has_loss  # type: ignore[union-attr]
    assert plan[2].end_label == MARKS.over and plan[2].has_loss  # type: ignore[union-attr]


def test_a_drawing_in_a_story_is_seen_afterwards() -> None:
    steps = [
        Show(BEFORE),
        Say("remove it", then="text"),
        Say("ok", is_target=True, then="image"),
        Show(AFTER, is_target=True),
        Say("0", is_target=True),
    ]
    plan = PLANNER.plan(steps)
    assert kinds(plan) == ["vae", "vit", "text", "text", "noisy", "vae", "vit", "text"]
    assert plan[3].end_label == MARKS.image_start  # type: ignore[union-attr]


def test_a_turn_of_a_talk_ends_with_its_picture() -> None:
    steps = [
        Say("draw a cat", then="image"),
        Show(BEFORE, is_target=True),
        Say("what?", then="text"),
        Say("a cat", is_target=True),
        Say("remove it", then="image"),
        Show(AFTER, is_target=True),
    ]
    plan = PLANNER.plan(steps)
    assert kinds(plan) == ["text", "noisy", "vae", "vit", "text", "text", "text", "noisy"]
    assert [segment.end_label for segment in plan[3:7]] == [MARKS.over, MARKS.start, MARKS.over, MARKS.image_start]


def test_noises_of_one_drawing_do_not_see_each_other() -> None:
    planner = dataclasses.replace(PLANNER, noisy_copies=2)
    plan = planner.plan([Say("a cat"), Show(BEFORE, is_target=True)])
    assert kinds(plan) == ["text", "noisy", "noisy"]
    batch = pack([plan], MARKS, 1.0)
    [mask], text = batch.buckets[0].mask, plan[0].num_tokens
    first, second = slice(text, text + 18), slice(text + 18, text + 36)
    assert mask[first, first].all() and mask[second, second].all()
    assert not mask[first, second].any() and not mask[second, first].any()
    assert mask[second, :text].all()
    rows = batch.sample_rows[0]
    assert (batch.positions[rows[first]] == batch.positions[rows[second]]).all()


def test_conditions_are_dropped_from_drawings_only() -> None:
    everything = Dropout(text=1.0, vit=1.0, vae=1.0)
    rng = np.random.default_rng(0)
    edit = PLANNER.plan([Show(BEFORE), Say("remove it"), Show(AFTER, is_target=True)])
    assert kinds(drop_conditions(edit, everything, rng)) == ["noisy"]
    question = PLANNER.plan([Show(BEFORE), Say("what?"), Say("a cat", is_target=True)])
    assert drop_conditions(question, everything, rng) == question


def test_padding_changes_nobodys_neighbours() -> None:
    plans = [PLANNER.plan([Say("x" * n), Say("y" * n, is_target=True)]) for n in (1, 5, 30)]
    for stretch in (1.0, 100.0):
        batch = pack(plans, MARKS, stretch)
        rows = {int(row[0]): mask for bucket in batch.buckets for row, mask in zip(bucket.rows, bucket.mask)}
        for own in batch.sample_rows:
            length = len(own)
            mask = rows[int(own[0])]
            assert np.array_equal(mask[:length, :length], np.tril(np.ones((length, length), bool)))
            assert not mask[:, length:].any()


def test_batches_follow_from_their_number() -> None:
    phases = (Phase({"draw": 1}, 5), Phase({"edit": 1, "question": 1}))
    settings = DataSettings(phases, tokens_per_batch=500, look_back=0.0)
    one, two = (WorldStream(settings, PLANNER, 3, world_called("corners"), 64) for _ in range(2))
    assert np.array_equal(one[7].batch.text_ids, two[7].batch.text_ids)
    assert np.array_equal(one[7].pictures, two[7].pictures)
    assert not np.array_equal(one[7].batch.text_ids[:50], one[8].batch.text_ids[:50])
    assert one[7].batch.num_tokens <= 500
    assert all(image.kind == "noisy" for image in one[0].batch.latent_images)  # the first phase only draws
    assert not np.array_equal(one[7].pictures, dataclasses.replace(one, seed=4)[7].pictures)


@pytest.mark.parametrize("stretch", [1.0, 3.0])
def test_bucketed_attention_is_attention(stretch: float, tmp_path: Path) -> None:
    from mindseye.training.attention import BucketedAttention

    torch.manual_seed(0)
    plans = [PLANNER.plan([Show(BEFORE), Say("to " + "x" * n), Show(AFTER, is_target=True)]) for n in (1, 5, 9)]
    batch = pack(plans, MARKS, stretch)
    tensors = [torch.randn(batch.num_tokens, heads, 8, requires_grad=True) for heads in (4, 2, 2)]
    whole = torch.full((batch.num_tokens, batch.num_tokens), float("-inf"))
    for bucket in batch.buckets:
        for row, mask in zip(bucket.rows, bucket.mask):
            pairs = np.argwhere(mask)
            whole[row[pairs[:, 0]], row[pairs[:, 1]]] = 0.0
    q, k, v = (x.transpose(0, 1).repeat_interleave(4 // x.shape[1], dim=0) for x in tensors)
    expected = ((q @ k.transpose(1, 2)) * 8**-0.5 + whole).softmax(-1) @ v
    expected = expected.transpose(0, 1).reshape(batch.num_tokens, -1)
    ours = BucketedAttention(batch.buckets, torch.device("cpu"))(0, *tensors)
    assert torch.allclose(ours, expected, atol=1e-5)
    weights = torch.randn_like(expected)
    found = torch.autograd.grad((ours * weights).sum(), tensors)
    wanted = torch.autograd.grad((expected * weights).sum(), tensors)
    for a, b in zip(found, wanted):
        assert torch.allclose(a, b, atol=1e-4)


def test_images_of_a_batch_are_listed_once() -> None:
    plan = PLANNER.plan([Show(BEFORE), Say("again"), Show(BEFORE, is_target=True)])
    assert pack([plan, plan], MARKS).images == [BEFORE]
    assert isinstance(plan[0], ImageSegment)
