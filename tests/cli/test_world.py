"""`mindseye world` writes rows that others can read, with every picture they name."""

import json

import numpy as np
import pytest
from PIL import Image

from mindseye.cli.main import main
from mindseye.worlds.world import world_called
from mindseye.worlds.writing import Wanted, write_world


@pytest.mark.parametrize("world", ["town", "corners"])
def test_rows_name_pictures_that_are_there(world, tmp_path, capsys):
    folder = tmp_path / "out"
    assert main(["world", str(folder), "--world", world, "--num", "2", "--split", "validation"]) == 0
    assert "puzzles.jsonl" in capsys.readouterr().out
    rows = {name: [json.loads(line) for line in (folder / name).open()] for name in ("puzzles.jsonl", "prompts.jsonl")}
    for row in rows["puzzles.jsonl"]:
        marks = row["Question"].count("<image_start>[problem_image_")
        assert row["Final Answer"] and row["Question"].strip() and row["split"] == "validation"
        named = [value for name, value in row.items() if name.startswith(("problem_image_", "reasoning_image_"))]
        assert len(named) >= marks >= 1 and all((folder / name).is_file() for name in named)
        assert row["Text Reasoning Trace"].count("<image_start>") == len(named) - marks
    for row in rows["prompts.jsonl"]:
        assert row["prompt"] and (folder / row["output_image"]).is_file()
    side = {"town": 96, "corners": 64}[world]
    assert Image.open(folder / rows["prompts.jsonl"][0]["output_image"]).size == (side, side)
    assert Image.open(folder / "sheet.png").width > side


def test_the_same_seed_draws_the_same_at_another_size(tmp_path, capsys):
    words = ["--kinds", "physics", "talk", "--num", "1", "--languages", "zh", "--json"]
    for name, more in (("a", []), ("b", []), ("c", ["--side", "96"])):
        assert main(["world", str(tmp_path / name), *words, *more]) == 0
    first, again, small = ((tmp_path / name / "puzzles.jsonl").read_text() for name in "abc")
    assert first == again == small
    picture = json.loads(first.splitlines()[0])["problem_image_1"]
    assert np.asarray(Image.open(tmp_path / "c" / picture)).shape == (96, 96, 3)
    talk = json.loads((tmp_path / "a" / "talks.jsonl").read_text().splitlines()[0])
    assert [message["role"] for message in talk["messages"]][:2] == ["user", "assistant"]
    assert '"prompts.jsonl": 1' in capsys.readouterr().out


def test_mistakes(tmp_path, capsys):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    fresh = str(tmp_path / "x")
    for words, hint in (
        ([str(tmp_path / "full")], "not empty"),
        ([fresh, "--kinds", "fysics"], "physics"),
        ([fresh, "--world", "towm"], "town"),
        ([fresh, "--split", "tests"], "test"),
        ([fresh, "--num", "0"], "at least 1"),
    ):
        assert main(["world", *words]) == 2
        assert hint in capsys.readouterr().err


def test_a_wrong_seed_leaves_no_folder(tmp_path, capsys):
    assert main(["world", str(tmp_path / "x"), "--seed", "-1"]) == 2
    assert "seed is -1" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_what_was_stopped_can_be_begun_again_in_the_same_folder(tmp_path, monkeypatch, capsys):
    words = ["world", str(tmp_path / "x"), "--kinds", "draw", "--num", "1"]
    with monkeypatch.context() as patched:
        patched.setattr("mindseye.worlds.writing.sheet_of", lambda shown: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            write_world(world_called("town"), Wanted(("draw.one",), 1), tmp_path / "x")
    assert not any((tmp_path / "x" / "pictures").glob("*"))
    assert main(words) == 0, capsys.readouterr().err
