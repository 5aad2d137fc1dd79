"""Promise: a prompt that is encoded piece by piece has the ids of the whole prompt, with SentencePiece's spaces too."""

from __future__ import annotations

from typing import Any

import PIL.Image
import pytest
import torch
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as RustTokenizer

from mindseye.inputs.formats import prompt_format
from mindseye.inputs.leading_space import spaced
from mindseye.inputs.segments import TextSegment, VitSegment
from mindseye.inputs.tokenizer import Tokenizer
from mindseye.messages import Image, Message, Text

MARKS = ("<s>", "</s>", "<image>")
WORDS = ("▁USER", "▁ASSISTANT", "USER", "ASSISTANT", "▁a", "▁fox", "▁is", "▁it", "▁be", "▁brief", "what", "▁what")
PICTURE = Image(PIL.Image.new("RGB", (28, 28)))


def sentencepiece(scheme: str) -> RustTokenizer:
    """Llama's kind of vocabulary, small: every word is merged from its left end on."""
    letters = sorted({letter for word in WORDS for letter in word} | set("▁:?,."))
    vocab = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    merges = []
    for word in sorted(WORDS, key=lambda word: (word[0] != "▁", len(word))):  # those with a space are merged first
        for end in range(2, len(word) + 1):
            if word[:end] not in vocab:
                merges.append((word[: end - 1], word[end - 1]))
                vocab.append(word[:end])
    ids = {word: number for number, word in enumerate(vocab)}
    rust = RustTokenizer(models.BPE(vocab=ids, merges=merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    if scheme == "prepend":
        rust.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    else:
        rust.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)
    rust.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    rust.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in MARKS])
    return rust


def pieces(rust: RustTokenizer, *messages: Message) -> list[int]:
    """Ids of the messages and of the opening of an answer, an image as one placeholder."""
    tokenizer = Tokenizer(rust, marks=())
    form = prompt_format("llava", tokenizer)

    def see(image: Any) -> list[VitSegment]:
        return [VitSegment(torch.zeros(3, 28, 28), 1, form.image_frame, b"")]

    placeholder = tokenizer.special_ids["<image>"]
    segments = [segment for message in messages for segment in form.segments(message, see)]
    parts = [list(s.ids) if isinstance(s, TextSegment) else [placeholder] for s in segments]
    return [*(i for part in parts for i in part), *form.opening]


def user(*items: Any) -> Message:
    return Message("user", items)


SYSTEM, ANSWER = Message("system", (Text("be brief"),)), Message("assistant", (Text("a fox"),))
ASKED = {
    "words alone": ([user(Text("what is it?"))], "USER: what is it? ASSISTANT:"),
    "an image first": ([user(PICTURE, Text("what is it?"))], "USER: <image>\nwhat is it? ASSISTANT:"),
    "an image last": ([user(Text("what is it?"), PICTURE)], "USER: what is it?<image>\n ASSISTANT:"),
    "told before": ([SYSTEM, user(PICTURE, Text("a"))], "be brief USER: <image>\na ASSISTANT:"),
}


@pytest.mark.parametrize("scheme", ["prepend", "always", "first"])
@pytest.mark.parametrize(("messages", "whole"), ASKED.values(), ids=ASKED)
def test_pieces_are_the_whole(scheme: str, messages: list[Message], whole: str) -> None:
    expected = sentencepiece(scheme).encode(whole)  # where marks are marks, as the reference does it
    assert "▁ASSISTANT" in expected.tokens
    assert pieces(sentencepiece(scheme), *messages) == expected.ids, expected.tokens


@pytest.mark.parametrize("scheme", ["prepend", "always"])
def test_a_second_turn_is_the_whole(scheme: str) -> None:
    messages = [user(PICTURE, Text("what is it?")), ANSWER, user(Text("is it a fox?"))]
    whole = "USER: <image>\nwhat is it? ASSISTANT: a fox</s>USER: is it a fox? ASSISTANT:"
    assert pieces(sentencepiece(scheme), *messages) == sentencepiece(scheme).encode(whole).ids


def test_an_answer_stands_behind_its_opening_as_in_the_whole() -> None:
    rust = sentencepiece("prepend")
    tokenizer = Tokenizer(rust, marks=())
    form = prompt_format("llava", tokenizer)
    written = form.written(tokenizer.encode("a fox"), "assistant")
    assert list(written.ids) == sentencepiece("prepend").encode("ASSISTANT: a fox</s>").ids


def test_a_mark_within_a_template_too() -> None:
    for scheme in ("prepend", "first"):
        tokenizer = Tokenizer(sentencepiece(scheme), marks=())
        whole = "what<s>what</s>a"
        assert tokenizer.encode(whole, allow_special=True) == sentencepiece(scheme).encode(whole).ids


def test_what_is_put_before_a_text() -> None:
    kinds = {"prepend": "all", "always": "all", "first": "beginning", "never": "nothing"}
    assert {scheme: spaced(sentencepiece(scheme)) for scheme in kinds} == kinds


def test_gpt2s_kind_is_left_alone(golden: Any) -> None:
    tokenizer = Tokenizer.from_folder(golden / "checkpoint")
    assert tokenizer.spaced == "nothing"
    assert tokenizer.encode_parts([("a fox", False)], "words") == tokenizer.encode("a fox")
