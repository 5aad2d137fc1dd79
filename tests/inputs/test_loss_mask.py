"""Loss goes to answers only, from the first token behind the opening to the one that ends an answer."""

import PIL.Image
import pytest
import torch
from tokenizers import AddedToken

from mindseye.inputs.formats import prompt_format
from mindseye.inputs.loss_mask import loss_mask, num_tokens, predicting
from mindseye.inputs.segments import LatentSegment, TextSegment, VitSegment
from mindseye.inputs.tokenizer import Tokenizer
from mindseye.messages import Image, Message, Text

PICTURE = PIL.Image.new("RGB", (8, 8))


@pytest.fixture(scope="module")
def tokenizer(golden):
    found = Tokenizer.from_folder(golden / "checkpoint")
    found._rust.add_special_tokens([AddedToken("</s>", special=True)])
    return Tokenizer(found._rust)


def vit(frame, size=4):
    return VitSegment(torch.zeros(3, 2, 2), size, frame, b"x")


def talk():
    return [
        Message("system", (Text("Be short."),)),
        Message("user", (Image(PICTURE), Text("What is it?"))),
        Message("assistant", (Text("A cat."),)),
        Message("user", (Text("And now?"),)),
        Message("assistant", (Text("A dog."),)),
    ]


def labelled(name, tokenizer, messages, has_image_loss=False):
    """The labelled tokens as text, runs apart; places of images are "#"."""
    made = prompt_format(name, tokenizer)
    segments = [s for message in messages for s in made.segments(message, lambda image: [vit(made.image_frame)])]
    mask = loss_mask(segments, made, has_image_loss)
    assert len(mask) == sum(map(num_tokens, segments))
    ids = []
    for segment in segments:
        if isinstance(segment, TextSegment):
            ids += segment.ids
        else:
            ids += [*segment.frame.marks[:1], *[None] * 4, *segment.frame.marks[1:]]
    runs = [""]
    for token, is_label in zip(ids, mask.tolist(), strict=True):
        if is_label:
            runs[-1] += "#" if token is None else tokenizer.decode([token], skip_special=False)
        elif runs[-1]:
            runs.append("")
    return [run for run in runs if run]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bagel", ["A cat.<|im_end|>", "A dog.<|im_end|>"]),
        ("chatml", ["A cat.<|im_end|>", "A dog.<|im_end|>"]),
        ("llava", [" A cat.</s>", " A dog.</s>"]),
        ("plain", ["A cat.\n", "A dog.\n"]),
    ],
)
def test_answers_and_their_ends_are_labelled(name, said, tokenizer):
    assert labelled(name, tokenizer, talk()) == said


@pytest.mark.parametrize("name", ["bagel", "chatml"])
def test_image_places_only_where_they_are_asked_for(name, tokenizer):
    assert labelled(name, tokenizer, talk(), has_image_loss=True)[0] == "####"
    assert "#" not in "".join(labelled(name, tokenizer, talk()))


def test_what_an_answer_says_after_a_picture_is_labelled_whole(tokenizer):
    messages = [Message("user", (Text("Draw."),)), Message("assistant", (Text("Here:"), Image(PICTURE), Text("Done.")))]
    assert labelled("bagel", tokenizer, messages) == ["Here:<|im_end|>", "Done.<|im_end|>"]
    assert labelled("chatml", tokenizer, messages) == ["Here:", "Done.<|im_end|>"]


def test_thoughts_are_the_models_and_examples_are_not(tokenizer):
    made = prompt_format("bagel", tokenizer)
    assert loss_mask([made.written([5, 6], "thought")], made).tolist() == [False, True, True, True]
    assert not loss_mask([made.written([5, 6], "example")], made).any()
    assert loss_mask([made.written([], "assistant")], made).tolist() == [False, True]
    assert loss_mask([], made).tolist() == []


def test_latents_are_images_too(tokenizer):
    made = prompt_format("bagel", tokenizer)
    segment = LatentSegment(PICTURE, made.image_frame, b"x", torch.zeros(3, 16), torch.arange(3))
    assert loss_mask([segment], made, has_image_loss=True).tolist() == [False, True, True, True, False]


def test_a_label_is_predicted_from_the_place_before_it():
    mask = torch.tensor([True, False, False, True, True])
    assert predicting(mask).tolist() == [False, False, True, True, False]
    assert predicting(mask[:0]).tolist() == []
