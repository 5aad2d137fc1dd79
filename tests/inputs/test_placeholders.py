"""Where images stand in a text that says so."""

from __future__ import annotations

import PIL.Image
import pytest

from mindseye.errors import InputError
from mindseye.inputs.formats.placeholders import placed
from mindseye.messages import Image, Text

A, B = (Image(PIL.Image.new("RGB", (1, 1), colour)) for colour in ("red", "blue"))


def said(*items: object) -> list[object]:
    return [item.text if isinstance(item, Text) else item for item in placed(items)]


def test_images_stand_at_their_placeholders() -> None:
    assert said(A, B, Text("first <image>, then <image>.")) == ["first ", A, ", then ", B, "."]
    assert said(A, B, Text("<images> what?")) == [A, B, " what?"]
    assert said(A, B, Text("<image> then <images>")) == [A, " then ", B]


def test_without_placeholders_or_images_nothing_changes() -> None:
    assert said(A, Text("what?"), B) == [A, "what?", B]
    assert said(Text("write <image> here")) == ["write <image> here"]


@pytest.mark.parametrize("text", ["<image>", "<image> <image> <image>", "<images> <image> <image>"])
def test_counts_that_differ_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="for 2 images"):
        placed([A, B, Text(text)])
