"""Rows as the pocket model reads them."""

import json

import numpy as np
import PIL.Image
import pytest

from mindseye.cli.main import main
from mindseye.data.show import show
from mindseye.inputs.images import resize_to_limits
from mindseye.inputs.loss_mask import loss_mask
from mindseye.loading import load
from mindseye.messages import Image, Message, Text


@pytest.fixture(scope="module")
def loaded():
    return load("pocket", understanding_only=True).loaded


@pytest.fixture
def picture():
    pixels = np.random.default_rng(0).integers(0, 255, (6, 8, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    return PIL.Image.fromarray(pixels)


@pytest.fixture
def rows(tmp_path, picture):
    picture.save(tmp_path / "a.png")
    turns = [{"from": "human", "value": "<image>\nwhat is this?"}, {"from": "gpt", "value": "a cat"}]
    made = [
        {"id": "one", "image": "a.png", "conversations": turns},
        {"id": "two", "image": "none.png", "captions": ["x"]},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in made))
    return path


def test_the_picture_is_what_the_network_gets(loaded, picture):
    [seen] = show([Message("user", (Image(picture),))], loaded).seen
    resized = resize_to_limits(picture, loaded.image_processor.transforms.vit)
    assert seen.size == resized.size == (96, 64)
    assert np.abs(np.asarray(seen, int) - np.asarray(resized, int)).max() <= 1


def test_tokens_and_labels_are_the_masks(loaded, picture):
    messages = [Message("user", (Image(picture), Text("what is this?"))), Message("assistant", (Text("a cat"),))]
    frame, see = loaded.prompt_format.image_frame, loaded.image_processor.segments
    for has_image_loss in (False, True):
        shown = show(messages, loaded, has_image_loss)
        said = [loaded.prompt_format.segments(message, lambda image: see(image, frame)) for message in messages]
        segments = [segment for some in said for segment in some]
        mask = loss_mask(segments, loaded.prompt_format, has_image_loss)
        assert [token.is_label for token in shown.tokens for _ in range(token.count)] == mask.tolist()
        said = "".join(token.text for token in shown.tokens if token.is_label and token.kind == "text")
        assert said == "a cat<|im_end|>"
        assert [token.place for token in shown.tokens][-1] == shown.num_tokens - 1
    assert shown.num_labels == 3 + 24


def test_the_command_tells_tokens_and_what_is_broken(rows, tmp_path, capsys):
    words = ["data", "show", str(rows), "--num", "2", "--quiet", "--image-root", str(tmp_path)]
    assert main([*words, "-o", str(tmp_path / "page.html")]) == 1
    said = capsys.readouterr().out
    assert "row 0, one: " in said and "assistant  loss  ·cat" in said and "128 x 96 px seen at 96 x 64" in said
    assert 'row 1, two: broken: image "none.png" was not found' in said
    page = (tmp_path / "page.html").read_text()
    assert page.count("data:image/png") == 2 and "as the model sees it" in page


def test_the_command_as_json_and_as_a_picture(rows, tmp_path, capsys):
    assert main(["data", "show", str(rows), "--json", "--quiet", "--image-loss", "-o", str(tmp_path / "seen.png")]) == 0
    [row] = json.loads(capsys.readouterr().out)["rows"]
    assert row["num_labels"] == sum(token["count"] for token in row["tokens"] if token["is_label"]) == 27
    assert row["pictures"] == [{"given": [128, 96], "seen": [96, 64]}]
    assert PIL.Image.open(tmp_path / "seen.png").size == (96, 64)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--row", "2"], "no row 2"),
        (["--num", "0"], "num is 0"),
        (["-o", "x.txt"], "ends in .html or .png"),
    ],
)
def test_mistakes(rows, words, said, capsys):
    assert main(["data", "show", str(rows), *words]) == 2
    assert said in capsys.readouterr().err
