"""Stamps as the Debian package lays them out, made up here: nothing of it comes with mindseye."""

import numpy as np
import PIL.Image
import pytest

from mindseye.cli.main import main
from mindseye.data.problems import Problems
from mindseye.data.stamps import described, split_of, stamp_rows
from mindseye.errors import InputError

TEXT = "A badger.\nde.utf8=Ein Dachs.\nfr.utf8=Un blaireau.\n\nxx=no\n"


def make_stamp(path, is_photo=True, text=TEXT):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(len(path.stem)).integers(0, 255, (160, 140, 4), np.uint8)
    pixels[..., 3] = 255 if not is_photo else (np.arange(140) > 20) * 255
    if not is_photo:
        pixels[...] = 200
    PIL.Image.fromarray(pixels).save(path)
    if text is not None:
        path.with_suffix(".txt").write_text(text)


@pytest.fixture
def stamps(tmp_path):
    folder = tmp_path / "stamps"
    make_stamp(folder / "animals" / "mammals" / "badger.png")
    make_stamp(folder / "animals" / "mammals" / "badger_mirror.png")
    make_stamp(folder / "animals" / "cartoon" / "tux.png")
    make_stamp(folder / "symbols" / "note.png", is_photo=False)
    make_stamp(folder / "food" / "plain.png", is_photo=False)
    make_stamp(folder / "food" / "nameless.png", text=None)
    make_stamp(folder / "food" / "torn.png")
    (folder / "food" / "torn.png").write_bytes((folder / "food" / "torn.png").read_bytes()[:500])
    return folder


def test_photographs_with_their_names(stamps):
    problems = Problems()
    [row] = stamp_rows(stamps, problems)
    assert row.fields["sample_id"] == "stamps-animals-mammals-badger" and row.fields["captions"] == ["A badger."]
    assert row.fields["descriptions"] == {"en": "A badger.", "de": "Ein Dachs.", "fr": "Un blaireau."}
    assert row.fields["kind"] == "animals/mammals"
    assert row.picture == (stamps / "animals" / "mammals" / "badger.png").read_bytes()
    assert [(problem.kind, problem.where) for problem in problems.found] == [
        ("uncaptioned", "food/nameless.png"),
        ("corrupt", "food/torn.png"),
    ]


def test_drawings_when_they_are_asked_for(stamps):
    made = list(stamp_rows(stamps, Problems(), with_drawings=True))
    assert [row.fields["is_photograph"] for row in made] == [0, 1, 0, 0]


def test_splits_stay(stamps):
    splits = [split_of(f"stamp-{number}") for number in range(1000)]
    assert splits[:6] == [split_of(f"stamp-{number}") for number in range(6)]
    assert 70 < splits.count("validation") < 130 and 70 < splits.count("test") < 130


def test_descriptions():
    assert described("\ufeffA cat.\n".encode()) == {"en": "A cat."}
    assert described(b"") == {}


def test_where_they_are_not_installed_the_command_is_told(tmp_path, capsys):
    with pytest.raises(InputError, match="sudo apt install tuxpaint-stamps-default"):
        list(stamp_rows(tmp_path / "none", Problems()))
    words = ["data", "prepare", "stamps", "--source", str(tmp_path / "none"), "-o", str(tmp_path / "out")]
    assert main(words) == 2
    assert "apt install" in capsys.readouterr().err
