"""`mindseye doctor`: every family with eyes is examined; recipes are read; what cannot be is said in one line."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path

import PIL.Image
import pytest
import torch
import yaml
from graft_parts import EYES, SIDE, TOKENIZER, lively

from mindseye.cli.doctor import naming_rows, plan_of, question_rows
from mindseye.cli.main import main
from mindseye.evaluation.doctor.page import grid_of, overlay


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten questions about drawn scenes, as a file."""
    return rows_of("corners", tmp_path_factory.mktemp("scenes"))


def rows_of(world: str, folder: Path) -> Path:
    """Ten questions and a row without its picture."""
    lines = []
    for row in islice(question_rows(0, world), 10):
        fields = dict(row.fields)
        (folder / f"{row.number}.png").write_bytes(fields.pop("image_bytes"))
        lines.append(json.dumps({**fields, "image": f"{row.number}.png"}))
    (folder / "rows.jsonl").write_text("\n".join([*lines, '{"question": "what?", "image": "none.png", "answer": "a"}']))
    return folder / "rows.jsonl"


def test_the_pocket_model_sees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, data = tmp_path / "page.html", rows_of("town", tmp_path)
    assert main(["doctor", "pocket", "--data", str(data), "-o", str(page), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "verdict: sees" in said and "WRONG" not in said
    assert "1 rows could not be read" in said and "none.png" in said
    written = page.read_text()
    assert written.count("data:image/png") >= 4 and "What it said" in written


def test_a_bagel_folder_of_random_weights_guesses(golden: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--data", str(data), "--num", "3", "--json", "--quiet"]
    assert main(["doctor", str(golden / "checkpoint"), *options]) == 1
    said = json.loads(capsys.readouterr().out)
    found = {finding["name"]: finding for finding in said["findings"]}
    assert said["verdict"] in ("guesses", "cannot see")
    assert found["placeholders"]["is_well"] and found["gradients"]["numbers"]["connector"]["gradient"] > 0
    assert len(said["broken_rows"]) == 1


def test_a_llava_folder_is_examined(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    transformers = pytest.importorskip("transformers")
    eyes = transformers.CLIPVisionConfig(**EYES, intermediate_size=64)
    sizes = {"vocab_size": 512, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2}
    words = transformers.LlamaConfig(**sizes, num_attention_heads=4, num_key_value_heads=2)
    config = transformers.LlavaConfig(vision_config=eyes, text_config=words, image_token_index=511)
    lively(transformers.LlavaForConditionalGeneration(config)).save_pretrained(tmp_path)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(TOKENIZER / name, tmp_path)
    rules = {"size": {"height": SIDE, "width": SIDE}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(rules))
    assert main(["doctor", str(tmp_path), "--data", str(data), "--json", "--quiet"]) == 1
    found = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert found["image_tokens"]["numbers"] == {"tokens": [16], "features": 16, "features_used": 16}
    assert found["placeholders"]["is_well"]


def test_scenes_for_grafted_models_ask_what_their_recipes_teach() -> None:
    first = next(naming_rows(0, "corners")).fields["conversations"]
    assert first[0]["value"].endswith("What is in the picture?")
    assert first[1]["value"].startswith("A picture of a")


def test_a_recipe_is_read_as_a_plan(tmp_path: Path) -> None:
    pace = {"num_steps": 40, "num_warmup_steps": 0, "num_decay_steps": 20, "learning_rate": 1e-2}
    lora = {"names": ["language_model.*"], "learning_rate": 1e-3, "lora": {"r": 4}}
    moved = {"projector": {"names": ["projector.*"], "learning_rate": 2e-3}, "words": lora}
    stage = {"name": "align", "scenes": {}, "parts": moved, "optimizer": pace}
    said = {"graft": {"language_model": "a", "vision_encoder": "b"}, "run_folder": "c", "stages": [stage]}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(said, sort_keys=False))
    plan = plan_of(tmp_path / "recipe.yaml")
    assert [one.name for one in plan.stages] == ["align"]
    assert 0.5 < plan.stages[0].mean_rate < 1  # half of the steps at the peak, half on the way to zero
    assert plan.reach("projector.linear_1.weight") == pytest.approx(40 * 2e-3 * plan.stages[0].mean_rate)
    assert plan.reach("language_model.lm_head.weight") == 0  # adapters beside it move, not itself


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["fake"], "no weights"),
        (["pocket", "--num", "1"], "expected 2 to 64"),
        (["pocket", "-o", "page.png"], "ends in .html"),
        (["pocket", "--recipe", "sample:pocket.yaml"], "no recipe for a grafted model"),
        (["pocket", "--data", "none.jsonl"], "none.jsonl"),
    ],
)
def test_what_cannot_be_is_said(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *options, "--quiet"]) == 2
    assert said in capsys.readouterr().err


def test_what_is_looked_at_is_bright() -> None:
    grey = PIL.Image.new("RGB", (40, 20), (200, 200, 200))
    weights = torch.zeros(8)
    weights[3] = 1.0  # the right end of the upper row
    lit = overlay(grey, weights)
    assert lit is not None and lit.getpixel((35, 5)) == (200, 200, 200) and lit.getpixel((5, 15)) == (50, 50, 50)
    assert grid_of(8, (40, 20)) == (2, 4) and grid_of(1, (40, 40)) is None and grid_of(7, (40, 40)) is None
