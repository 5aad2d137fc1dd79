"""Scenes of a world as rows."""

import json

import PIL.Image
import pytest

from mindseye.cli.main import main
from mindseye.data import world
from mindseye.data.world import Scenes, scene_rows
from mindseye.errors import InputError
from mindseye.inputs.row_lessons import read_lesson


def rows(**said):
    return list(scene_rows(Scenes(**{"num": 12, "num_held_out": 2, **said})))


@pytest.mark.parametrize("world", ["town", "corners"])
def test_captions_and_questions_about_one_picture(world):
    made = rows(world=world)
    assert [row.fields["split"] for row in made] == ["train"] * 12 + ["validation"] * 2 + ["test"] * 2
    assert [row.fields["kind"] == "caption" for row in made[:12]] == [True, False] * 6
    assert len({row.fields["sample_id"] for row in made}) == len({row.name for row in made}) == 16
    for row in made:
        asked, answer = read_lesson({**row.fields, "image_bytes": row.picture}).turns
        assert asked.role == "user" and len(asked.parts) == 2 and answer.parts == (row.fields["truth"]["answer"],)
        assert row.fields["captions"] == (row.fields["accepted"] if row.fields["kind"] == "caption" else [])


def test_the_same_seed_makes_the_same():
    first, again, other = (rows(seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_scenes_of_one_thing():
    assert {len(row.fields["truth"]["scene"]["things"]) for row in rows(num_things=1)} == {1}
    assert len({len(row.fields["truth"]["scene"]["things"]) for row in rows()}) > 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"kinds": ("draw",)}, "no question about one picture"),
        ({"kinds": ("captoin",)}, "caption"),
        ({"num": 0}, "num is 0"),
        ({"num_things": 9}, "num_things is 9"),
        ({"languages": ("fr",)}, "fr"),
        ({"world": "towm"}, "town"),
        ({"side": 8}, "side is 8"),
    ],
)
def test_mistakes(said, why):
    with pytest.raises(InputError, match=why):
        rows(**said)


def test_the_command_writes_pictures(tmp_path, capsys):
    words = ["data", "prepare", "world", "-o", str(tmp_path / "w"), "--num", "3", "--num-held-out", "1", "--side", "64"]
    assert main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["files"] == {"train.jsonl": 3, "validation.jsonl": 1, "test.jsonl": 1} and said["problems"] == {}
    row = json.loads((tmp_path / "w" / "train.jsonl").read_text().splitlines()[0])
    assert PIL.Image.open(tmp_path / "w" / row["image"]).size == (64, 64)
    assert main(words) == 2
    assert "not empty" in capsys.readouterr().err


def test_ctrl_c_leaves_nothing_and_the_command_can_be_given_again(tmp_path, monkeypatch, capsys):
    words = ["data", "prepare", "world", "-o", str(tmp_path / "w"), "--num", "3", "--num-held-out", "0", "--side", "64"]
    made = world.scene_rows

    def interrupted(scenes):
        for number, row in enumerate(made(scenes)):
            if number == 2:
                raise KeyboardInterrupt
            yield row

    monkeypatch.setattr(world, "scene_rows", interrupted)
    assert main(words) == 130
    assert not list((tmp_path / "w").rglob("*"))
    monkeypatch.undo()
    assert main(words) == 0
