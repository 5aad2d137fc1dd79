"""Promise: two processes learn what one learns from the same samples, negatives of all of them included."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from toy_run import toy_trainer

from mindseye.errors import SettingsError
from mindseye.training.curves import read_lines
from mindseye.training.parallel import ALONE, gather_with_grad, processes_of_environment
from mindseye.training.stopping import Stop

LOSSES = ("ce", "contrastive", "gradient_norm", "tokens", "samples")


def run_two(folder: Path, rows: int, steps: int = 8) -> None:
    """Train the toy with two processes that speak gloo."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    script = [str(Path(__file__).parent / "toy_run.py"), str(folder), str(rows), "--steps", str(steps)]
    done = subprocess.run([*launch, *script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]


def run_one(folder: Path, rows: int) -> torch.nn.Module:
    trainer, state = toy_trainer(folder, rows)
    trainer.run(state, lambda line: None, Stop())
    return state.model


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    model = run_one(one, 8)
    run_two(two, 8)
    alone, together = read_lines(one), read_lines(two)
    assert [line["step"] for line in together] == list(range(1, 9))
    for expected, found in zip(alone, together, strict=True):
        for name in LOSSES:
            assert found[name] == pytest.approx(expected[name], abs=1e-4), (name, found["step"])
    assert alone[-1]["contrastive"] < 0.9 * alone[0]["contrastive"]  # they do learn
    norms = [json.loads((two / f"norms-{rank}.json").read_text()) for rank in (0, 1)]
    assert norms[0] == norms[1]
    assert norms[0] == pytest.approx([float(p.detach().norm()) for p in model.parameters()], abs=1e-4)


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
