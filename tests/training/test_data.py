"""Promise: batches follow from their number alone, and hold what their episodes say."""

import dataclasses
import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from mindseye.inputs.formats.bagel import BagelFormat
from mindseye.inputs.image_processors import BagelImageProcessor
from mindseye.inputs.images import ImageLimits, ImageTransforms
from mindseye.inputs.segments import ImageFrame, TextSegment, VitSegment
from mindseye.inputs.tokenizer import SpecialTokens
from mindseye.networks.interface import LatentGrid
from mindseye.training.batches import pack
from mindseye.training.conditions import Dropout, drop_conditions
from mindseye.training.lessons import Lesson, Taught
from mindseye.training.objectives.unified import change_weights
from mindseye.training.recipe import DataSettings, Phase
from mindseye.training.streams.episodes import Pictures, Planner, Sight, Words
from mindseye.training.streams.world import WorldStream
from mindseye.worlds.episodes import Say, Show
from mindseye.worlds.scenes import Scene, Thing
from mindseye.worlds.world import world_called

SPECIAL = SpecialTokens(start=300, end=301, image_start=302, image_end=303)
OVER = 304
WORLD = world_called("corners")


def planner(noisy_copies: int = 1) -> Planner:
    """For pictures of 4 x 4 patches and as many latent tokens; a byte is a token."""
    tokenizer: Any = SimpleNamespace(
        special=SPECIAL, encode=lambda text: list(text.encode()), special_ids={"<|endoftext|>": OVER}
    )
    prompt_format, limits = BagelFormat(tokenizer), ImageLimits(64, 64, 16)
    processor = BagelImageProcessor(ImageTransforms(limits, limits), 16, 8, 16)
    sight = Sight(processor, prompt_format.image_frame, LatentGrid(8, 2, 64, 16))
    return Planner(Words(tokenizer, prompt_format), Pictures(WORLD, 64, sight), noisy_copies)


PLANNER = planner()
BEFORE, AFTER = Scene((Thing("cat", "middle"),)), Scene(())


def kinds(lesson: Lesson) -> list[str]:
    return [kind(taught) for taught in lesson]


def kind(taught: Taught) -> str:
    if isinstance(taught.segment, TextSegment):
        return "text"
    return "vit" if isinstance(taught.segment, VitSegment) else "noisy" if taught.is_drawn else "vae"


def end_label(taught: Taught) -> int | None:
    return dict(taught.labels).get(taught.num_tokens - 1)


def test_a_question_is_seen_by_the_vit_alone() -> None:
    plan = PLANNER.plan([Show(BEFORE), Say("what?", then="text"), Say("a cat", is_target=True)])
    assert kinds(plan) == ["vit", "text", "text"]
    assert end_label(plan[1]) == SPECIAL.start and not plan[1].is_answer
    assert end_label(plan[2]) == OVER and plan[2].is_answer


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
    assert end_label(plan[3]) == SPECIAL.image_start


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
    assert [end_label(taught) for taught in plan[3:7]] == [OVER, SPECIAL.start, OVER, SPECIAL.image_start]


def test_noises_of_one_drawing_do_not_see_each_other() -> None:
    plan = planner(noisy_copies=2).plan([Say("a cat"), Show(BEFORE, is_target=True)])
    assert kinds(plan) == ["text", "noisy", "noisy"]
    batch = pack([plan], 1.0)
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


def test_what_changed_counts_more_and_a_drawing_the_same() -> None:
    edit = planner(noisy_copies=2).plan([Show(BEFORE), Say("remove it"), Show(AFTER, is_target=True)])
    drawing = PLANNER.plan([Say("a cat"), Show(BEFORE, is_target=True)])
    batch = pack([edit, drawing])
    assert batch.is_drawn == (False, True, True, True) and batch.before == (None, 0, 0, None)
    latents = torch.zeros(64, 3)
    latents[16:20] = 1.0  # four of the first copy's tokens
    latents[48:56] = 0.5  # half of a drawing from words, a quarter of the way to the weight
    weights = change_weights(batch, latents, 5.0)
    assert weights[:4].tolist() == [2.5] * 4 and weights[4:16].tolist() == [0.5] * 12
    assert weights[16:32].tolist() == [1.0] * 16
    torch.testing.assert_close(weights[32:], torch.tensor([4 / 3] * 8 + [2 / 3] * 8))


def test_padding_changes_nobodys_neighbours() -> None:
    plans = [PLANNER.plan([Say("x" * n), Say("y" * n, is_target=True)]) for n in (1, 5, 30)]
    for stretch in (1.0, 100.0):
        batch = pack(plans, stretch)
        rows = {int(row[0]): mask for bucket in batch.buckets for row, mask in zip(bucket.rows, bucket.mask)}
        for own in batch.sample_rows:
            length = len(own)
            mask = rows[int(own[0])]
            assert np.array_equal(mask[:length, :length], np.tril(np.ones((length, length), bool)))
            assert not mask[:, length:].any()


def test_batches_follow_from_their_number() -> None:
    phases = (Phase({"draw": 1}, 5), Phase({"edit": 1, "question": 1}))
    settings = DataSettings(phases, tokens_per_batch=500, look_back=0.0)
    one, two = (WorldStream(settings, planner(), 3, WORLD) for _ in range(2))
    assert np.array_equal(one[7].text_ids, two[7].text_ids)
    assert contents(one, 7) == contents(two, 7)
    assert not np.array_equal(one[7].text_ids[:50], one[8].text_ids[:50])
    assert one[7].num_tokens <= 500
    assert all(one[0].is_drawn)  # the first phase only draws
    assert contents(one, 7) != contents(dataclasses.replace(one, seed=4), 7)


def test_phases_count_updates() -> None:
    phases = (Phase({"draw": 1}, 5), Phase({"question": 1}))
    stream = WorldStream(DataSettings(phases, tokens_per_batch=500, look_back=0.0), planner(), 3, WORLD, 2)
    assert all(any(stream[number].is_drawn) for number in range(10))
    assert not any(any(stream[number].is_drawn) for number in range(10, 14))


def contents(stream: WorldStream, number: int) -> list[bytes]:
    """What the ViT sees in a batch."""
    return [segment.pixels.numpy().tobytes() for segment in stream[number].vit_images]


@pytest.mark.parametrize("stretch", [1.0, 3.0])
def test_bucketed_attention_is_attention(stretch: float, tmp_path: Path) -> None:
    from mindseye.training.attention import BucketedAttention

    torch.manual_seed(0)
    plans = [PLANNER.plan([Show(BEFORE), Say("to " + "x" * n), Show(AFTER, is_target=True)]) for n in (1, 5, 9)]
    batch = pack(plans, stretch)
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


def test_a_label_stands_where_its_token_went() -> None:
    lessons = [PLANNER.plan([Show(BEFORE), Say("what?", then="text"), Say("a cat", is_target=True)]) for _ in range(2)]
    batch = pack(lessons)
    found = [(int(batch.text_ids[place]), int(label)) for place, label in zip(batch.label_indices, batch.labels)]
    answer = [SPECIAL.start, *b"a cat", SPECIAL.end]
    expected = [(SPECIAL.end, SPECIAL.start), *itertools.pairwise(answer), (SPECIAL.end, OVER)]
    assert found == 2 * expected


def test_an_image_that_is_causal_takes_a_position_a_token_and_no_marks() -> None:
    image = VitSegment(torch.zeros(3, 4, 4), 4, ImageFrame(is_causal=True), b"")
    lesson = (Taught(TextSegment((5, 6))), Taught(image, ((3, 9),)), Taught(TextSegment((7,))))
    batch = pack([lesson])
    [own], [bucket] = batch.sample_rows, batch.buckets
    assert batch.positions[own].tolist() == list(range(7)) and batch.text_ids.tolist() == [5, 6, 7]
    assert np.array_equal(bucket.mask[0], np.tril(np.ones((7, 7), bool)))
    assert batch.label_indices.tolist() == [3 + 3] and batch.labels.tolist() == [9]  # the last patch, after all texts
