"""Every verb on the recorded checkpoint: what is printed, what is written, what the pictures say of themselves."""

import json

import pytest
from PIL import Image

from mindseye.cli.main import main
from mindseye.pictures import read_facts

SMALL = ["--width", "32", "--height", "32", "--num-timesteps", "3", "--seed", "7", "--quiet"]


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def model(golden):
    return ["--model", str(golden / "checkpoint")]


def test_ask_prints_the_answer(model, golden, capsys):
    assert main(["ask", "which one is red?", "--max-tokens", "5", *model]) == 0
    assert capsys.readouterr().out.strip()


def test_ask_as_json(model, capsys):
    assert main(["ask", "which one is red?", "--max-tokens", "5", "--json", *model]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["finish"] == "length"
    assert said["tokens_written"] == 5


def test_draw_writes_a_picture_that_knows_how_it_was_made(model, tmp_path, capsys):
    assert main(["draw", "a red fox", *SMALL, *model]) == 0
    assert capsys.readouterr().out.startswith("drawing.png")
    picture = Image.open(tmp_path / "drawing.png")
    facts = read_facts(picture)
    assert picture.size == (32, 32)
    assert facts["prompt"] == ["a red fox"]
    assert facts["seed"] == 7
    assert facts["options"]["num_timesteps"] == 3
    assert main(["info", "drawing.png"]) == 0
    assert "a red fox" in capsys.readouterr().out


def test_draw_never_overwrites_by_itself(model, tmp_path):
    for _ in range(2):
        assert main(["draw", "a red fox", *SMALL, *model]) == 0
    assert {p.name for p in tmp_path.glob("*.png")} == {"drawing.png", "drawing-2.png"}


def test_count_draws_with_seeds_that_count_up(model, capsys):
    assert main(["draw", "a fox", "--count", "3", "-o", "out/fox.png", "--json", *SMALL, *model]) == 0
    made = json.loads(capsys.readouterr().out)["pictures"]
    assert [p["seed"] for p in made] == [7, 8, 9]
    assert len({p["image"] for p in made}) == 3


def test_edit_and_imagine_keep_the_size_asked(model, golden, capsys):
    image = str(golden / "image_2.png")
    for verb in ("edit", "imagine"):
        assert main([verb, image, "push it away", "--json", *SMALL, *model]) == 0
        [made] = json.loads(capsys.readouterr().out)["pictures"]
        assert made["size_from"] == "asked"
        assert Image.open(made["image"]).size == (32, 32)


def test_generate_forced_and_by_marks(model, capsys):
    assert main(["generate", "a fox", "--when-to-draw", "force", "--max-tokens", "3", "--json", *SMALL, *model]) == 0
    parts = json.loads(capsys.readouterr().out)["parts"]
    assert [next(iter(part)) for part in parts] == ["text", "image"]
    assert parts[1]["why"] == "forced"
    prompt = "a fox <|vision_start|> <|vision_end|>"
    assert main(["generate", prompt, "--when-to-draw", "marks", "--json", *SMALL, *model]) == 0
    assert json.loads(capsys.readouterr().out)["parts"][0]["why"] == "mark"


def test_reason_writes_a_trace(model, golden, tmp_path, capsys):
    words = ["reason", str(golden / "image_2.png"), "how many?", "-o", "trace", "--image-bias", "1e9"]
    assert main([*words, "--max-images", "2", "--max-tokens", "3", *SMALL, *model]) == 0
    said = json.loads((tmp_path / "trace" / "reasoning_data.json").read_text())
    assert [next(iter(step)) for step in said["steps"]] == ["image", "image"]
    assert said["finish"] == "max_images"
    assert "data:image/png" in (tmp_path / "trace" / "index.html").read_text()


def test_check_drawing_ends_in_advice(model, capsys):
    status = main(["check-drawing", "--size", "32", "--num-timesteps", "2", "--json", *model])
    said = json.loads(capsys.readouterr().out)
    assert status == 0
    assert "force" in said["advice"]
    assert len(said["findings"]) == 9


def test_chat_reads_lines(model, golden, monkeypatch, capsys):
    lines = iter([f"/image {golden / 'image_2.png'}", "/ask what is it?", "/image nothing.png", "/new", "/quit"])
    monkeypatch.setattr("builtins.input", lambda prompt="": next(lines))
    assert main(["chat", "--quiet", "--seed", "1", *model]) == 0
    printed = capsys.readouterr()
    assert printed.out.strip()
    assert "nothing.png does not exist" in printed.err


def test_tags_of_thoughts_are_not_shown():
    from mindseye.cli.show import ThoughtTags

    for pieces in (
        ["<think>one</think>2"],
        ["<", "think", ">one<", "/thi", "nk>2"],
        ["<think>", "one", "</think>", "2"],
    ):
        tags = ThoughtTags()
        assert "".join([*map(tags.push, pieces), tags.flush()]) == "one\n2"
    tags = ThoughtTags()
    assert "".join([tags.push("a < b <th"), tags.flush()]) == "a < b <th"
