"""`mindseye info` tells what is in a folder or a picture."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mindseye.checkpoints import reading
from mindseye.cli import info
from mindseye.errors import InputError


def run(capsys: pytest.CaptureFixture, *words: object) -> str:
    parser = argparse.ArgumentParser()
    info.register(parser.add_subparsers())
    arguments = parser.parse_args(["info", *map(str, words)])
    assert arguments.func(arguments) == 0
    return capsys.readouterr().out


def test_model(folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "read_tensor", None)  # headers are enough
    text = run(capsys, folder)
    for said in ("2,137,443 parameters", "drawing expert", "image_end    476", "multiples of 16 up to 1024", "edit"):
        assert said in text
    facts = json.loads(run(capsys, folder, "--json", "--size", "256x512", "--batch", "2"))
    assert facts["special_tokens"] == {"start": 473, "end": 474, "image_start": 475, "image_end": 476}
    assert (facts["memory"]["width"], facts["memory"]["height"], facts["memory"]["batch"]) == (256, 512, 2)
    stored = sum((folder / name).stat().st_size for name in ("ema.safetensors", "ae.safetensors"))
    assert 0 < stored - sum(part["bytes"] for part in facts["parts"].values()) < 50_000  # the headers
    assert set(facts["memory"]["bytes"]) == {"read", "draw, no guidance", "draw", "edit"}


def test_model_that_cannot_draw(folder: Path, capsys: pytest.CaptureFixture) -> None:
    (folder / "ae.safetensors").unlink()
    (folder / "config.json").write_text("{,}")
    facts = json.loads(run(capsys, folder, "--json"))
    assert set(facts["memory"]["bytes"]) == {"read"} and len(facts["notes"]) == 2
    assert "note: no ae.safetensors" in run(capsys, folder)


def test_the_plan_names_every_tensor_with_its_place(folder: Path, capsys: pytest.CaptureFixture) -> None:
    facts = json.loads(run(capsys, folder, "--json", "--plan", "--device", "cpu", "--dtype", "bfloat16"))
    plan = facts["plan"]
    assert sum(row["bytes"] for row in plan["parts"]) == plan["bytes"] == 2 * facts["parameters"]
    assert {(row["form"], row["device"]) for row in plan["parts"]} == {("bfloat16", "cpu")}
    assert plan["laid_out_for_cpu"] and 0 < plan["largest_bytes"] < plan["bytes"]
    text = run(capsys, folder, "--plan", "--device", "cpu", "--dtype", "float32")
    assert "float32    cpu" in text and "8.15 MiB in all" in text
    with pytest.raises(InputError, match="bfloat16"):
        run(capsys, folder, "--plan", "--dtype", "bfloat61")


def test_wrong_options(folder: Path, capsys: pytest.CaptureFixture) -> None:
    for words, said in [
        (["--size", "100x64"], "nearest: 96x64"),
        (["--size", "2048x2048"], "up to 1024; nearest: 1024x1024"),
        (["--size", "big"], "expected width x height"),
        (["--batch", "0"], "--batch is 0"),
    ]:
        with pytest.raises(InputError, match=said):
            run(capsys, folder, *words)


def test_picture(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "panda.png"
    image = Image.new("RGB", (32, 16))
    image.save(path)
    assert "Nothing is stored" in run(capsys, path)
    assert json.loads(run(capsys, path, "--json"))["made"] is None
    made = {"prompt": "大熊猫 in the snow", "seed": 7, "options": {"cfg_text_scale": 4.0}}
    entry = PngInfo()
    entry.add_itxt("mindseye", json.dumps(made))
    image.save(path, pnginfo=entry)
    assert json.loads(run(capsys, path, "--json"))["made"] == made
    text = run(capsys, path)
    assert "大熊猫 in the snow" in text and '{"cfg_text_scale": 4.0}' in text and "32 x 16" in text


def test_wrong_pictures(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(InputError, match="does not exist"):
        run(capsys, tmp_path / "no.png")
    entry = PngInfo()
    entry.add_text("mindseye", "a panda")
    Image.new("RGB", (4, 4)).save(tmp_path / "odd.png", pnginfo=entry)
    with pytest.raises(InputError, match="not JSON"):
        run(capsys, tmp_path / "odd.png")
