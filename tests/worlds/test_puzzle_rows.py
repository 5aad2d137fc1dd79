import json
from pathlib import Path

import numpy as np
from PIL import Image

from mindseye.inputs.row_forms import PictureField, read_form, read_truth
from mindseye.worlds.puzzle_rows import puzzle_rows, write_puzzles

EXAMPLE = Path(__file__).parents[2] / "examples" / "batch"


def test_the_examples_rows_and_pictures_come_out_of_its_command():
    made = list(puzzle_rows(60, 11))
    assert [row for row, _ in made] == [json.loads(line) for line in (EXAMPLE / "puzzles.jsonl").open()]
    pictures = {name: picture for _, found in made for name, picture in found.items()}
    assert set(pictures) == {f"images/{path.name}" for path in (EXAMPLE / "images").iterdir()}
    for name, picture in pictures.items():
        assert np.array_equal(np.asarray(Image.open(EXAMPLE / name).convert("RGB")), np.asarray(picture)), name


def test_rows_are_read_as_puzzles(tmp_path):
    path = write_puzzles(tmp_path, 2, 3)
    for line in path.open():
        row = json.loads(line)
        first, words = read_form(row).parts
        assert isinstance(first, PictureField)
        assert words.strip()
        truth = read_truth(row)
        assert truth.answer.isdigit()
        assert truth.reasoning.count("<image_start>") == len(truth.pictures) > 0
        assert all((tmp_path / picture.source).is_file() for picture in (first, *truth.pictures))


def test_seeds_make_other_puzzles():
    assert [row["Question"] for row, _ in puzzle_rows(4, 1)] != [row["Question"] for row, _ in puzzle_rows(4, 2)]
