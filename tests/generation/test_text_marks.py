"""A text holds words: no mark that opens a picture, none that ends a talk."""

import pytest
import torch

import mindseye
from mindseye.generation.text import likeliest_but
from mindseye.generation.work import Logits, Look


def test_the_next_likeliest_is_chosen_and_the_scores_stay():
    scores = torch.tensor([0.5, 3.0, 2.0, -1.0])
    story = likeliest_but(1, Logits(scores, 1, 1))
    look = next(story)
    assert isinstance(look, Look)
    with pytest.raises(StopIteration) as end:
        story.send(look.numbers.item())
    assert end.value.value == 2
    assert scores.tolist() == [0.5, 3.0, 2.0, -1.0]


@pytest.mark.parametrize("prompt", ["a cat", "draw a dog", "two red apples", "画一只猫", "xyz"])
def test_words_are_written_where_no_picture_may_come(prompt):
    pocket = mindseye.load("pocket")
    reply = pocket.generate(prompt, when_to_draw="never", seed=1)
    assert not reply.images
    assert "<|" not in reply.text
    assert "<|" not in pocket.ask(prompt).text
