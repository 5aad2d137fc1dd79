"""Pipes, samples, larger copies, pictures made again, and what one can say."""

import io
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mindseye import samples
from mindseye.checkpoints.defaults import Defaults
from mindseye.checkpoints.locate import find_folder
from mindseye.cli import notes
from mindseye.cli.main import main
from mindseye.pictures import read_facts, save_png
from mindseye.worlds.world import WORLDS, world_called

QUICK = ["--seed", "1", "--quiet", "--num-timesteps", "2"]


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(words: list[str], given: bytes = b"", **environment: str) -> subprocess.CompletedProcess:
    """The command in a process of its own, with bytes on standard input."""
    variables = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    return subprocess.run([sys.executable, "-m", "mindseye", *words], input=given, capture_output=True, env=variables)


def pixels(path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_draw_edit_and_ask_through_pipes():
    drawn = run(["draw", "-", "-o", "-", "--seed", "1"], b"a cat on a blue background\n")
    assert (drawn.returncode, drawn.stdout[:4]) == (0, b"\x89PNG")
    assert b"96 x 96, seed 1" in drawn.stderr
    edited = run(["edit", "-", "make the background green", "-o", "-", "--seed", "1", "--quiet"], drawn.stdout)
    assert (edited.returncode, edited.stderr) == (0, b"")
    asked = run(["ask", "-", "what colour is the background?", "--quiet"], edited.stdout)
    assert asked.stdout.strip() == b"green"
    assert not os.listdir()


def test_pipes_that_cannot_be(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True, buffer=io.BytesIO()))
    for words, said in [
        (["ask", "-", "what?"], "is a terminal"),
        (["ask", "-", "-"], "stands twice"),
        (["edit", "-", "-"], "stands twice"),
        (["generate", "-", "and", "-"], "stands twice"),
        (["draw", "a cat", "-o", "-", "--json"], "neither --json nor --count"),
        (["draw", "a cat", "-o", "-", "--count", "2"], "neither --json nor --count"),
    ]:
        assert main(words) == 2, words
        assert said in capsys.readouterr().err
    for data, said in [(b"", "is empty"), (b"no picture", "on standard input: the given image data is not an image")]:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False, buffer=io.BytesIO(data)))
        assert main(["ask", "-", "what?"]) == 2
        assert said in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False, buffer=io.BytesIO(b"\xff\xfe")))
    assert main(["draw", "-"]) == 2
    assert "not UTF-8" in capsys.readouterr().err


def test_a_sample_stands_wherever_a_picture_does(capsys):
    assert main(["ask", "sample:cat-dog", "what is on the left?", "--quiet"]) == 0
    assert capsys.readouterr().out.strip() == "a cat"
    assert main(["edit", "sample:animals", "remove the cat", *QUICK]) == 0
    assert "animals-edit.png" in capsys.readouterr().out.splitlines()[-1]
    assert main(["info", "sample:small-cat"]) == 0
    assert main(["ask", "sample:cat-dogs", "what?"]) == 2
    assert 'did you mean "cat-dog"' in capsys.readouterr().err
    assert main(["ask", "what?", "sample:cat-dog"]) == 2
    assert "question last" in capsys.readouterr().err


def test_samples_are_listed_and_copied(capsys, tmp_path):
    assert main(["samples"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == [f"sample:{name}" for name in samples.SHOWS]
    assert main(["samples", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(samples.SHOWS)
    assert main(["samples", "animals", "quick.yaml", "recorded", "-o", "out"]) == 0
    assert sorted(os.listdir("out")) == ["animals.png", "quick.yaml", "recorded"]
    assert (tmp_path / "out" / "recorded" / "checkpoint" / "ema.safetensors").is_file()
    assert main(["samples", "nothing", "-o", "out"]) == 2


def test_a_larger_copy(capsys):
    assert main(["draw", "a cat", "--scale", "3", "-o", "cat.png", *QUICK]) == 0
    assert Image.open("cat.png").size == (96, 96)
    with Image.open("cat-x3.png") as larger:
        assert larger.size == (288, 288)
        assert read_facts(larger)["scale"] == 3
    for scale in ("0", "33", "-1"):
        assert main(["draw", "a cat", "--scale", scale, *QUICK]) == 2
    assert "expected 2 to 32" in capsys.readouterr().err


def test_a_picture_is_shown_where_nothing_else_is_said(capsys):
    assert main(["draw", "a cat", "--show-as", "blocks", "-o", "cat.png", *QUICK]) == 0
    assert "\u2580" in capsys.readouterr().out
    assert main(["draw", "a cat", "--show", "--json", "-o", "cat.png", *QUICK]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) and "\u2580" in printed.err


@pytest.mark.parametrize(
    "words",
    [
        ["draw", "a cat to the left of a dog", "--cfg-text-scale", "3"],
        ["draw", "a panda and a banana", "--think"],
        ["edit", "sample:animals", "remove the cat", "--width", "96", "--height", "96"],
        ["imagine", "sample:street", "step forward"],
    ],
)
def test_a_picture_is_made_again(words, capsys):
    assert main([*words, "--seed", "7", "-o", "first.png", "--quiet"]) == 0
    assert main(["redo", "first.png", "-o", "again.png", "--quiet"]) == 0
    assert (pixels("first.png") == pixels("again.png")).all()
    assert main(["redo", "again.png", "--seed", "8", "-o", "other.png", "--quiet"]) == 0
    assert (pixels("first.png") != pixels("other.png")).any()
    assert read_facts(Image.open("other.png"))["seed"] == 8


def test_redo_with_other_words_and_pictures(capsys):
    assert main(["edit", "sample:animals", "remove the cat", "--seed", "7", "-o", "first.png", "--quiet"]) == 0
    redo = ["redo", "first.png", "--prompt", "remove the dog", "--quiet", "-o"]
    assert main([*redo, "again.png"]) == 0
    assert read_facts(Image.open("again.png"))["prompt"] == ["<image>", "remove the dog"]
    assert main([*redo, "again.png", "--image", "sample:cat-dog"]) == 0
    assert main(["edit", "sample:cat-dog", "remove the dog", "--seed", "7", "-o", "x.png", "--quiet"]) == 0
    assert (pixels("again.png") == pixels("x.png")).all()


def test_redo_of_a_picture_that_is_gone_or_changed(capsys):
    save_png(Image.open(samples.path_of("animals")), "mine.png")
    assert main(["edit", "mine.png", "remove the cat", *QUICK, "-o", "first.png"]) == 0
    save_png(Image.open(samples.path_of("cat-dog")), "mine.png")
    assert main(["redo", "first.png"]) == 2
    assert "no longer the picture" in capsys.readouterr().err
    os.unlink("mine.png")
    assert main(["redo", "first.png"]) == 2
    assert "is no file here" in capsys.readouterr().err


GOOD = {"task": "draw", "prompt": ["a cat"], "seed": 1, "options": {}, "model": "pocket"}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (None, "holds no recipe"),
        ([1], "holds no recipe"),
        ({**GOOD, "task": "generate"}, "in the course of a talk"),
        ({**GOOD, "task": ["draw"]}, "in the course of a talk"),
        ({**GOOD, "prompt": "a cat"}, "no list of texts"),
        ({**GOOD, "prompt": []}, "no words"),
        ({**GOOD, "prompt": ["<image>", "a cat"]}, "made from 1 pictures, and 0 are known"),
        ({**GOOD, "options": {"num_timesteps": 10**9}}, "num_timesteps is 1000000000"),
        ({**GOOD, "options": {"steps": 3}}, 'unknown option "steps" (did you mean "num_timesteps"?)'),
        ({**GOOD, "options": []}, "recipe"),
        ({**GOOD, "options": {"width": 64}}, "only the width"),
        ({**GOOD, "seed": "1"}, "seed"),
        ({**GOOD, "seed": -1}, "seed is -1"),
        ({**GOOD, "model": "somebody/anything"}, "name it with --model"),
        ({**GOOD, "images": 3}, "damaged"),
        ({**GOOD, "images": [{"name": "/etc/passwd", "sha256": ""}], "prompt": ["<image>", "x"]}, "is not an image"),
        ({**GOOD, "images": [{"name": "-", "sha256": ""}], "prompt": ["<image>", "x"]}, "came through a pipe"),
        ({**GOOD, "system_prompt": 5}, "another type"),
    ],
)
def test_a_recipe_from_a_stranger_is_not_believed(facts, said, capsys):
    save_png(Image.new("RGB", (64, 64)), "theirs.png", facts)
    assert main(["redo", "theirs.png"]) == 2
    printed = capsys.readouterr().err
    assert said in printed and len(printed.strip().splitlines()) == 1


def test_metadata_cannot_move_the_cursor(capsys):
    save_png(Image.new("RGB", (64, 64)), "theirs.png", {"prompt": "\x1b]0;gone\x07\x1b[2J", "\x1b[31m": "\u202e"})
    assert main(["info", "theirs.png"]) == 0
    printed = capsys.readouterr().out
    assert not set(printed) & {"\x1b", "\x07", "\u202e"}
    assert "\\x1b[2J" in printed


def test_words_in_both_languages(capsys):
    assert main(["words"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert all(
        word in said for word in ("panda", "top left", "purple", "how many cats are there", "pull the cloth away")
    )
    assert main(["words", "--language", "zh", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert "大熊猫" in facts["things"]["animals"] and any("左上" in words for words in facts["areas"])
    assert main(["words", "--world", "corners", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert "unicorn" not in facts["things"]["animals"] and "patterns" not in facts
    assert main(["words", "--world", "moon"]) == 2
    assert "corners, town" in capsys.readouterr().err


def test_what_the_pocket_model_never_met_is_noted(capsys):
    assert main(["draw", "a zeppelin", "--seed", "1", "--num-timesteps", "2"]) == 0
    assert 'never met "zeppelin"' in capsys.readouterr().err
    blobs = np.random.default_rng(0).integers(0, 255, (5, 7, 3)).astype(np.uint8)
    photo = Image.fromarray(blobs).resize((300, 200), Image.Resampling.BICUBIC)
    assert notes.is_foreign(photo, "corners") and notes.is_foreign(photo, "town")
    photo.save("photo.png")
    assert main(["ask", "photo.png", "what is in the picture?"]) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() and "its answer means nothing" in printed.err
    assert main(["ask", "sample:animals", "what is in the picture?"]) == 0
    assert "note:" not in capsys.readouterr().err


def test_no_sample_is_foreign():
    world = Defaults.from_folder(find_folder("pocket")).world
    for name in samples.NAMES:
        with Image.open(samples.path_of(name)) as picture:
            assert not notes.is_foreign(picture, world)
            assert not notes.is_foreign(picture.resize((200, 200)), world)


@pytest.mark.parametrize("name", WORLDS)
def test_no_scene_of_a_world_is_foreign_to_it(name):
    world, rng = world_called(name), np.random.default_rng(0)
    for _ in range(40):
        picture = Image.fromarray(world.render(world.sample_scene(rng, "test"), world.picture_size))
        assert not notes.is_foreign(picture, name)


def test_a_folder_without_autoencoder_can_be_asked(golden, tmp_path, capsys):
    model = tmp_path / "model"
    model.mkdir()
    for path in (golden / "checkpoint").iterdir():
        if path.name != "ae.safetensors":
            (model / path.name).symlink_to(path)
    assert main(["ask", "how many?", "--model", str(model), "--max-tokens", "3"]) == 0
    assert capsys.readouterr().out.strip()
    assert main(["draw", "a fox", "--model", str(model)]) == 2
    assert "has no ae.safetensors" in capsys.readouterr().err


@pytest.mark.parametrize("locale", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"LC_ALL": "C"}])
def test_utf8_in_a_plain_locale(locale):
    asked = run(["ask", "sample:animals", "左上是什么？", "--quiet"], **locale)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.decode("utf-8").strip() == "一只猫"
    talked = run(["chat", "--quiet"], "/image sample:animals\n/ask 左上是什么？\n".encode(), **locale)
    assert "一只猫" in talked.stdout.decode("utf-8"), talked.stderr


@pytest.mark.parametrize(
    ("flag", "meant"),
    [
        ("--steps", "--num-timesteps"),
        ("--num-inference-steps", "--num-timesteps"),
        ("--guidance-scale", "--cfg-text-scale"),
        ("--max-new-tokens", "--max-tokens"),
    ],
)
def test_names_of_other_programs_lead_to_ours(flag, meant, capsys):
    with pytest.raises(SystemExit):
        main(["draw", "a cat", flag, "3"])
    assert f'did you mean "{meant}"' in capsys.readouterr().err


def test_nothing_is_left_where_nothing_came(golden, capsys):
    assert main(["reason", "how many?", "--model", "no-such-folder"]) == 2
    assert main(["draw", "a cat", "--model", "no-such-folder"]) == 2
    assert not os.listdir()


@pytest.mark.parametrize("words", [["draw", "a fox"], ["ask", "how many?"], ["reason", "how many?"]])
def test_what_can_be_checked_needs_no_model(words, monkeypatch, capsys):
    def never(*args, **options):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("mindseye.loading.load", never)
    for more, said in [
        (["--seed", "-1"], "seed"),
        (["--seed", str(2**63)], "seed"),
        (["--temperature", "1e-300"], "temperature"),
        *(
            []
            if words[0] == "ask"
            else [(["--width", "64"], "only the width"), (["--num-timesteps", "1"], "timesteps")]
        ),
        *([] if words[0] == "ask" else [(["--width", "65", "--height", "64"], "nearest size")]),
    ]:
        assert main([*words, *more]) == 2, more
        assert said in capsys.readouterr().err
    assert main([words[0], " "]) == 2
    assert main([words[0], "\udcff"]) == 2
