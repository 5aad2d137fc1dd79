"""Our outputs agree with those recorded from the reference implementation."""

import json
import shutil

import pytest

from mindseye.cli.main import main
from mindseye.errors import InputError
from mindseye.evaluation.golden import Recording


@pytest.mark.golden
def test_all_recorded_cases_agree(golden, capsys):
    assert main(["verify", str(golden), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["agrees"]
    assert len(said["cases"]) == 21
    assert all(case["error"] < 1e-4 for case in said["cases"] if case["case"] != "train")


@pytest.mark.golden
def test_a_changed_weight_is_noticed(golden, tmp_path, capsys):
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "tiny"
    shutil.copytree(golden, folder)
    weights = load_file(folder / "checkpoint" / "ema.safetensors")
    weights["llm2vae.bias"] = weights["llm2vae.bias"] + 0.01
    save_file(weights, folder / "checkpoint" / "ema.safetensors")
    assert main(["verify", str(folder), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    wrong = {case["case"] for case in said["cases"] if not case["agrees"]}
    assert "t2i_no_cfg" in wrong
    assert "chat" not in wrong


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"cases\.json"):
        Recording.open(tmp_path)
