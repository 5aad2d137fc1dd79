"""`mindseye world` writes rows that others can read, with every picture they name."""

import json

import numpy as np
import pytest
from PIL import Image

from mindseye.cli.main import main


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
