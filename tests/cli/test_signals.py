"""Ctrl-C and SIGTERM at any moment: what was finished is there and whole, and the program says that it was stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

ROOT = Path(__file__).parents[2]
SIGNALS = (signal.SIGINT, signal.SIGTERM)
LONG_STORY = "Remove all fruit. Add two frogs. Remove all animals. How many things are left?"
VERBS = {
    "judge": ["judge", "--num", "150", "--batch", "4", "--kinds", "question.name", "draw.one", "-o", "out", "--quiet"],
    "reason": ["reason", "sample:fruit-duck", LONG_STORY, "-o", "out", "--quiet", "--num-timesteps", "600"],
    "generate": [
        "generate",
        "draw a cat",
        "--image-bias",
        "1e9",
        "--max-images",
        "200",
        "-o",
        "out",
        "--quiet",
        "--num-timesteps",
        "60",
    ],
}


def begin(words: list[str], folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "mindseye", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def end(process: subprocess.Popen, number: int) -> tuple[str, str]:
    """Send the signal; what was printed."""
    process.send_signal(number)
    try:
        return process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def wait_for(condition, process: subprocess.Popen, seconds: float = 120.0) -> None:
    started = time.monotonic()
    while not condition():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() - started < seconds
        time.sleep(0.01)


def check_whole(folder: Path) -> dict[str, int]:
    """Everything in a folder can be read, and nothing unfinished lies about; how many files of a kind there are."""
    counts: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_dir():
            continue
        counts[path.suffix] = counts.get(path.suffix, 0) + 1
        assert not path.name.endswith(".part"), path
        if path.suffix == ".png":
            with Image.open(path) as image:
                image.load()
        elif path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".html":
            assert path.read_text(encoding="utf-8").endswith("</html>")
        elif path.suffix == ".pt":
            torch.load(path, weights_only=True)
        elif path.suffix == ".safetensors":
            load_file(path)
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("verb", VERBS)
def test_at_a_random_moment(verb: str, number: int, tmp_path: Path) -> None:
    moments = np.random.default_rng((list(VERBS).index(verb), number)).uniform(0.2, 4.0, 3)
    for turn, seconds in enumerate(moments):
        folder = tmp_path / str(turn)
        folder.mkdir()
        process = begin(VERBS[verb], folder)
        time.sleep(seconds)
        was_running = process.poll() is None
        _, said = end(process, number)
        check_whole(folder)
        assert "Traceback" not in said
        if was_running and process.returncode not in (0, -number):  # done, or before a handler was there
            assert process.returncode in (128 + number, 130), said


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_what_reason_had(number: int, tmp_path: Path) -> None:
    process = begin(VERBS["reason"], tmp_path)
    wait_for((tmp_path / "out" / "step-1.png").exists, process)
    end(process, number)
    assert process.returncode == 128 + number
    assert check_whole(tmp_path)[".html"] == 1
    trace = json.loads((tmp_path / "out" / "reasoning_data.json").read_text())
    assert trace["finish"] == "stopped"
    assert trace["steps"][0]["text"].startswith("remove all fruit")
    assert trace["steps"][1]["image"] == "out/step-1.png"


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_what_generate_had(number: int, tmp_path: Path) -> None:
    process = begin([*VERBS["generate"], "--json"], tmp_path)
    wait_for((tmp_path / "out" / "picture-2.png").exists, process)
    printed, _ = end(process, number)
    assert process.returncode == 128 + number
    said = json.loads(printed)
    assert said["finish"] == "stopped" and len(said["parts"]) >= 1
    assert all((tmp_path / part["image"]).is_file() for part in said["parts"] if "image" in part)
    check_whole(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_what_judge_had(number: int, tmp_path: Path) -> None:
    for seconds in (6, 12, 24, 48):  # a busy machine has judged nothing yet, and says so
        process = begin(VERBS["judge"], tmp_path)
        time.sleep(seconds)
        printed, said = end(process, number)
        if process.returncode != 128 + number or (tmp_path / "out" / "verdict.json").exists():
            break
    assert process.returncode == 130, said
    verdict = json.loads((tmp_path / "out" / "verdict.json").read_text())
    assert "beware" in printed and verdict
    assert check_whole(tmp_path)[".html"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_training_goes_on_where_it_was_stopped(number: int, tmp_path: Path) -> None:
    """Stopped in every stage, again and again, it ends as if it had not been."""
    words = ["train", str(ROOT / "recipes" / "quick.yaml"), "--set", "run_folder=run"]
    waits = np.random.default_rng(number).uniform(1.5, 4.5, 40)
    said, statuses = "", []
    for seconds in waits:
        process = begin(words, tmp_path)
        time.sleep(seconds)
        printed, errors = end(process, number)
        said += printed
        statuses.append(process.returncode)
        check_whole(tmp_path)
        assert "Traceback" not in errors
        if process.returncode == 0:
            break
        assert process.returncode in (130, 128 + number, -number), errors
    else:
        process = begin(words, tmp_path)
        said += process.communicate()[0]
        statuses.append(process.returncode)
    assert statuses[-1] == 0 and 130 in statuses
    whole = begin([*words[:-1], "run_folder=whole"], tmp_path)
    whole.communicate()
    for name in ("ae.safetensors", "ema.safetensors"):
        stopped, expected = (load_file(tmp_path / run / "checkpoint" / name) for run in ("run", "whole"))
        assert all(torch.equal(stopped[key], expected[key]) for key in expected)
