"""What each family makes of messages, to the last id."""

import PIL.Image
import pytest
import torch
from tokenizers import AddedToken

from mindseye.errors import InputError
from mindseye.inputs.formats import FORMATS, prompt_format
from mindseye.inputs.segments import TextSegment, VitSegment
from mindseye.inputs.tokenizer import Tokenizer
from mindseye.messages import Image, Message, Text


@pytest.fixture(scope="module")
def tokenizer(golden):
    return Tokenizer.from_folder(golden / "checkpoint")


@pytest.fixture(scope="module")
def llama(golden):
    """The same words with LLaVA's end mark."""
    found = Tokenizer.from_folder(golden / "checkpoint")
    found._rust.add_special_tokens([AddedToken("</s>", special=True)])
    return Tokenizer(found._rust)


PICTURE = Image(PIL.Image.new("RGB", (28, 28)))
TALK = [
    Message("system", [Text("be brief")]),
    Message("user", [PICTURE, Text("what <|im_end|> is it?")]),
    Message("assistant", [Text("a fox")]),
    Message("user", [Text("and"), PICTURE, Text("this?")]),
]


def told(form, tokenizer, talk=TALK):
    """Texts as text with all marks, images as <image>."""

    def see(image):
        return [VitSegment(torch.zeros(3, 28, 28), 4, form.image_frame, b"")]

    segments = [segment for message in talk for segment in form.segments(message, see)]
    words = [tokenizer.decode(s.ids, skip_special=False) if isinstance(s, TextSegment) else "<image>" for s in segments]
    return "".join(words) + tokenizer.decode(form.opening, skip_special=False), segments


def test_bagel_frames_every_text_and_forgets_who_spoke(tokenizer):
    text, segments = told(prompt_format("bagel", tokenizer), tokenizer)
    frame = "<|im_start|>{}<|im_end|>".format
    assert text == (
        frame("be brief")
        + "<image>"
        + frame("what <|im_end|> is it?")
        + frame("a fox")
        + frame("and")
        + "<image>"
        + frame("this?")
        + "<|im_start|>"
    )
    ids = tokenizer.encode("be brief")
    assert segments[0].ids == (tokenizer.special.start, *ids, tokenizer.special.end)
    assert segments[0].num_positions == len(ids) + 2 and segments[1].num_positions == 1
    assert segments[1].frame.marks == (tokenizer.special.image_start, tokenizer.special.image_end)
    assert tokenizer.special.end not in segments[2].ids[1:-1]


def test_chatml_says_who_speaks(tokenizer):
    form = prompt_format("chatml", tokenizer)
    text, segments = told(form, tokenizer)
    assert text == (
        "<|im_start|>system\nbe brief<|im_end|>\n"
        "<|im_start|>user\n<image>what <|im_end|> is it?<|im_end|>\n"
        "<|im_start|>assistant\na fox<|im_end|>\n"
        "<|im_start|>user\nand<image>this?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    whole = tokenizer.encode("<|im_start|>assistant\na fox<|im_end|>\n", allow_special=True)
    assert list(form.segments(TALK[2], None)[0].ids) == whole
    assert list(form.written(tokenizer.encode("a fox"), "assistant").ids) == whole
    images = [segment for segment in segments if isinstance(segment, VitSegment)]
    assert [segment.num_positions for segment in images] == [4, 4] and images[0].frame.is_causal
    ends = {tokenizer.special.end, tokenizer.special_ids["<|endoftext|>"]}
    assert form.stop_ids == ends
    typed = segments[3].ids  # only the format's own mark is one
    assert sum(i == tokenizer.special.end for i in typed) == 1


def test_llava_asks_and_answers_in_words(llama):
    text, _ = told(prompt_format("llava", llama), llama)
    assert text == (
        "be brief USER: <image>\nwhat <|im_end|> is it? ASSISTANT: a fox</s>USER: and<image>\nthis? ASSISTANT:"
    )
    assert prompt_format("llava", llama).stop_ids == {llama.special_ids["</s>"]}


def test_plain_is_words_and_nothing_else(tokenizer):
    form = prompt_format("plain", tokenizer)
    text, segments = told(form, tokenizer)
    assert text == "be brief\n<image>what <|im_end|> is it?\na fox\nand<image>this?\n"
    assert form.image_opening is None
    assert isinstance(segments[1], VitSegment)  # no empty text before the image


def test_a_format_that_nobody_knows_is_refused(tokenizer):
    assert set(FORMATS) == {"bagel", "chatml", "chatml-eyes", "llava", "plain", "plain-eyes"}
    with pytest.raises(InputError, match="did you mean"):
        prompt_format("chat_ml", tokenizer)
