"""A thousand rows of which two hundred are broken in twenty ways: each has its reason, and the others are right."""

import base64
import json
import random

import pytest
from PIL import Image

from mindseye.batch.run import run
from mindseye.errors import InputError, MemoryShortError
from mindseye.generation.fake import Draw, Say


@pytest.fixture
def pictures(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "good.png")
    Image.effect_noise((64, 64), 50).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("this is no picture")
    (tmp_path / "folder.png").mkdir()


def broken(number):
    """Twenty broken rows, and what is said of them."""

    def row(**fields):
        return json.dumps({"id": f"bad-{number}", **fields}).encode()

    data = base64.b64encode(b"no picture").decode()
    user = [{"role": "user", "content": [{"type": "video"}]}]
    return [
        (b'{"prompt": "a cat"', "broken JSON"),
        (b'{"prompt": "\xff\xfe"}', "not UTF-8"),
        (b'["a cat"]', "holds a list"),
        (b'{"a": ' + b"[" * 50_000, "nested too deeply"),
        (row(), "nothing is asked"),
        (row(promt="a cat"), 'mean "prompt"'),
        (row(prompt=7), "prompt is 7"),
        (row(prompt=" "), "prompt is empty"),
        (row(prompt="x", task="paint"), "task is 'paint'"),
        (row(prompt="x", image="gone.png"), "was not found in"),
        (row(prompt="x", image="empty.png"), "is empty (0 bytes)"),
        (row(prompt="x", image="cut.png"), "damaged or cut short"),
        (row(prompt="x", image="text.png"), "is not an image"),
        (row(prompt="x", image="folder.png"), "is a folder"),
        (row(prompt="x", image="https://example.org/a.png"), "download it first"),
        (row(prompt="x", image=f"data:image/png;base64,{data}"), "is not an image"),
        (row(Question="<image_start>[problem_image_1]<image_end>"), "which the row does not hold"),
        (row(messages=user), "text or image_url"),
        (row(prompt="a prompt that is too long"), "too long"),
        (row(prompt="more than memory holds"), "not enough memory"),
    ]


def script(request):
    words = request.said[-1].text
    if "too long" in words:
        return [InputError("the prompt is too long: 40000 tokens, at most 32768")]
    if "memory" in words:
        return [MemoryShortError("not enough memory")]
    return [Say(f"seen {words}"), Draw()]


def test_two_hundred_of_a_thousand(tmp_path, pictures, write_rows, make_settings, make_engine, lines_of):
    bad = [one for number in range(10) for one in broken(number)]
    good = [json.dumps({"id": f"good-{n}", "prompt": f"thing {n}", "image": "good.png"}).encode() for n in range(800)]
    assert len(bad) == 200
    rows = [(line, None) for line in good] + bad
    random.Random(3).shuffle(rows)
    settings = make_settings(write_rows([line for line, _ in rows]), task="auto", batch_size=32)
    outcome = run(settings, make_engine(settings, script))
    lines = lines_of(outcome.folder)
    assert len(lines) == 1000
    for line, (raw, reason) in zip(lines, rows, strict=True):
        if reason is None:
            words = json.loads(raw)["prompt"]
            assert "error" not in line, line["error"]
            assert line["output_reasoning"] == f"seen {words}\n<image_start>[output_image_1]<image_end>"
            assert (outcome.folder.path / line["output_images"][0]).is_file()
        else:
            assert reason in line["error"]
            assert line["num_generated_images"] == 0
    assert len({reason for _, reason in rows if reason}) >= 18
    assert outcome.summary["counts"] == {"total": 1000, "successful": 800, "failed": 200, "images": 800}
    assert engine_window_is_whole(outcome)


def engine_window_is_whole(outcome):
    """Rows that no memory would hold have not made the batch smaller."""
    return outcome.summary["sessions"][0]["batch_size"] == 32
