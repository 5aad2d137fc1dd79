"""Promise: two processes learn what one learns from the same samples, negatives of all of them included."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from toy_run import toy_trainer

from mindseye.errors import SettingsError
from mindseye.training.curves import read_lines
from mindseye.training.parallel import ALONE, gather_with_grad, processes_of_environment
from mindseye.training.resume import STATE_FILE
from mindseye.training.stopping import Stop

TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
LOSSES = ("ce", "contrastive", "gradient_norm", "tokens", "samples")


def begin_two(folder: Path, rows: int, steps: int = 8) -> subprocess.Popen[str]:
    """Train the toy with two processes that speak gloo."""
    folder.mkdir(exist_ok=True)
    script = [str(Path(__file__).parent / "toy_run.py"), str(folder), str(rows), "--steps", str(steps)]
    return subprocess.Popen([sys.executable, *TWO, *script], stderr=subprocess.PIPE, text=True)


def finish(running: subprocess.Popen[str]) -> None:
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors[-2000:]


def run_one(folder: Path, rows: int) -> torch.nn.Module:
    trainer, state = toy_trainer(folder, rows)
    trainer.run(state, lambda line: None, Stop())
    return state.model


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    model = run_one(one, 8)
    finish(begin_two(two, 8))
    alone, together = read_lines(one), read_lines(two)
    assert [line["step"] for line in together] == list(range(1, 9))
    for expected, found in zip(alone, together, strict=True):
        for name in LOSSES:
            assert found[name] == pytest.approx(expected[name], abs=1e-4), (name, found["step"])
    assert alone[-1]["contrastive"] < 0.9 * alone[0]["contrastive"]  # they do learn
    norms = [json.loads((two / f"end-{rank}.json").read_text())["norms"] for rank in (0, 1)]
    assert norms[0] == norms[1]
    assert norms[0] == pytest.approx([float(p.detach().norm()) for p in model.parameters()], abs=1e-4)


@pytest.mark.slow
def test_who_is_asked_to_stop_tells_the_others(tmp_path: Path) -> None:
    running = begin_two(tmp_path, 8, steps=1_000_000)
    until = time.monotonic() + 100
    while len(read_lines(tmp_path)) < 3 and time.monotonic() < until and running.poll() is None:
        time.sleep(0.2)
    os.kill(int((tmp_path / "pid-1").read_text()), signal.SIGTERM)
    finish(running)
    ends = [json.loads((tmp_path / f"end-{rank}.json").read_text()) for rank in (0, 1)]
    assert ends[0] == ends[1] and 3 <= ends[0]["step"] < 1_000_000
    assert torch.load(tmp_path / STATE_FILE)["step"] == ends[0]["step"]


@pytest.mark.slow
def test_a_world_is_learnt_by_two_processes_as_by_one(tmp_path: Path) -> None:
    """Two processes with a batch each are one with two batches before an update, through the command line."""
    found = []
    for launch, accumulate in ((["-m"], 2), ([*TWO, "-m"], 1)):
        folder = tmp_path / f"accumulate-{accumulate}"
        options = [f"run_folder={folder}", f"accumulate={accumulate}", "optimizer.num_steps=4", "saving.report_every=1"]
        options += ["optimizer.num_decay_steps=1", "optimizer.num_warmup_steps=1", "eyes.num_steps=2"]
        options += ["autoencoder.num_steps=4", "autoencoder.num_crop_steps=2", "vocabulary.num_episodes=200"]
        settings = [word for option in options for word in ("--set", option)]
        command = [sys.executable, *launch, "mindseye", "train", "sample:quick.yaml", *settings]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stderr[-2000:]
        assert done.stdout.count("exported to") == done.stdout.count("training the autoencoder") == 1
        found.append(read_lines(folder))
    for one, two in zip(*found, strict=True):
        for name in ("ce", "mse", "gradient_norm", "tokens", "samples"):
            assert two[name] == pytest.approx(one[name], abs=1e-4), (name, one["step"])


def test_one_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with processes_of_environment() as processes:
        assert processes is ALONE
    rows = torch.randn(3, 2, requires_grad=True)
    gathered, first = gather_with_grad(rows)
    assert gathered is rows and first == 0


def test_an_environment_that_is_half_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(SettingsError, match="torchrun"), processes_of_environment():
        pass
