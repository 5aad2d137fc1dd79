"""Bad input gets one clear line and exit status 2, never a traceback."""

import struct
import zlib

import pytest
from PIL import Image

from mindseye.cli.main import main
from mindseye.evaluation.answers import Answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of every bad kind."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("no picture at all")
    Image.new("RGB", (64, 64), "red").save(folder / "good.png")
    whole = (folder / "good.png").read_bytes()
    (folder / "half.png").write_bytes(whole[: len(whole) // 2])
    (folder / "bomb.png").write_bytes(bomb(50_000, 50_000))
    (folder / "model").mkdir()
    (folder / "folder.png").mkdir()
    return folder


def bomb(width: int, height: int) -> bytes:
    """A PNG of that size whose header is right and whose data is a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


CASES = [
    (["ask", "{bad}/nothing.png", "what is it?"], "nothing.png"),
    (["ask", "{bad}/empty.png", "what is it?"], "empty"),
    (["ask", "{bad}/text.png", "what is it?"], "not an image"),
    (["ask", "{bad}/half.png", "what is it?"], "half.png"),
    (["ask", "{bad}/bomb.png", "what is it?"], "50000"),
    (["ask", "{bad}", "what is it?"], "is a folder"),
    (["ask", "what is it?", "{bad}/good.png"], "question last"),
    (["ask", "{bad}/good.png"], "question last"),
    (["edit", "{bad}/good.png", "{bad}/good.png"], "instruction last"),
    (["ask", "what is \udce9?"], "UTF-8"),
    (["draw", "a cat " * 6000], "at most 4096"),
    (["draw", "a fox", "-o", "{bad}/text.png/fox.png"], "in the way"),
    (["draw", "a fox", "-o", "{bad}/folder.png"], "is a folder"),
    (["generate", "a fox", "-o", "{bad}/text.png"], "in the way"),
    (["reason", "how many?", "-o", "{bad}/text.png"], "in the way"),
    (["draw", "a fox", "--seed", "-1"], "seed is -1"),
    (["draw", "a fox", "--seed", "9" * 30], "seed"),
    (["draw", "a fox", "--width", "64", "--height", "64", "--cfg-text-scale", "1e300"], "0 to 1000"),
    (["generate", "a fox", "--image-bias", "nan"], "image_bias"),
    (["ask", "{bad}/good.png", ""], "empty"),
    (["draw", "  "], "empty"),
    (["draw", "a fox", "--width", "17", "--height", "16"], "16 x 16"),
    (["draw", "a fox", "--width", "9999", "--height", "16"], "nearest size"),
    (["draw", "a fox", "--width", "32"], "height"),
    (["draw", "a fox", "--num-timesteps", "1"], "num_timesteps"),
    (["draw", "a fox", "--cfg-renorm-type", "local"], "global"),
    (["draw", "a fox", "-o", "fox.jpg"], ".png"),
    (["draw", "a fox", "--device", "cuda:99"], "cuda"),
    (["draw", "a fox", "--dtype", "float7"], "float7"),
    (["generate", "a <|vision_start|>", "--when-to-draw", "marks"], "mark"),
    (["info", "{bad}/model"], "model"),
]


@pytest.mark.parametrize(
    ("words", "said"), CASES, ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else ""
)
def test_one_clear_line(words, said, folder, golden, capsys):
    words = [word.replace("{bad}", str(folder)) for word in words]
    if words[0] != "info":
        words += ["--model", str(golden / "checkpoint")]
    assert main(words) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert "Traceback" not in printed.err


def test_a_missing_model_is_named(capsys, tmp_path):
    assert main(["draw", "a fox", "--model", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["drow", "a fox"], "draw"),
        (["draw", "a", "--cfg-txt-scale", "3"], "--cfg-text-scale"),
        (["ask", "a", "--sead", "1"], "--seed"),
    ],
)
def test_a_misspelt_word_names_the_nearest(words, said, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_training_complains_at_once(capsys, folder, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(f"run_folder: {tmp_path / 'run'}\ndata: {{phases: [{{mix: {{draw: 1}}}}]}}\n")
    for words, said in [
        ([str(folder)], "is a folder"),
        ([str(folder / "good.png")], "not YAML"),
        ([str(recipe), "--set", "optimizer.learning_rate=.nan"], "learning_rate"),
        ([str(recipe), "--finish-in", "0"], "finish_in"),
        ([str(recipe), "--export", str(tmp_path / "out")], "has not begun"),
    ]:
        assert main(["train", *words]) == 2, words
        assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_judgement_without_any_answer_is_an_error(capsys, monkeypatch):
    def failing(self, exams):
        return [Answer(error="InputError: too long")] * len(exams)

    monkeypatch.setattr("mindseye.evaluation.answers.ModelAnswerer.answer", failing)
    assert main(["judge", "--kinds", "question.what", "--num", "2"]) == 2
    assert "every request failed, the first with: InputError: too long" in capsys.readouterr().err
    assert main(["judge", "--kinds", "edit.add", "--num", "2", "--seed", "-1"]) == 2
    assert "seed is -1" in capsys.readouterr().err


def test_judge_knows_the_model_option(capsys):
    assert main(["judge", "--model", "no-such-folder", "--num", "1"]) == 2
    assert "no-such-folder" in capsys.readouterr().err


def test_an_option_of_two_numbers_says_so(capsys):
    with pytest.raises(SystemExit):
        main(["draw", "a cat", "--cfg-interval", "0.4,1.0"])
    assert "two numbers with a space between" in capsys.readouterr().err


def test_a_long_text_is_no_file_name(golden, tmp_path, capsys):
    words = ["generate", "a fox " * 60, "--when-to-draw", "never", "--max-tokens", "2", "-o", str(tmp_path)]
    assert main([*words, "--model", str(golden / "checkpoint")]) == 0
    capsys.readouterr()
    assert main(["info", "x" * 300 + ".png"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_info_names_the_nearest_model(capsys):
    assert main(["info", "pokcet"]) == 2
    assert 'did you mean "pocket"' in capsys.readouterr().err
