"""Batches that are made ahead are the same batches; what goes wrong is said where a batch is asked for."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mindseye.errors import MindseyeError
from mindseye.training.ahead import AHEAD, Ahead, WorkerError, made_ahead
from mindseye.training.recipe import Recipe
from mindseye.training.run import CHECKPOINT_FOLDER, prepare, train
from mindseye.training.stopping import Stop
from mindseye.training.streams.stream import Stream


@dataclass(frozen=True)
class Numbers:
    """A stream that notes which process made what."""

    folder: Path

    def __getitem__(self, number: int) -> tuple[int, int]:
        if number == 13:
            raise MindseyeError("row 13 is broken")
        if number == 66:
            os.kill(os.getpid(), signal.SIGKILL)
        (self.folder / str(number)).touch()
        return number * number, os.getpid()


def test_the_same_batches_from_other_processes(tmp_path: Path) -> None:
    with made_ahead(Numbers(tmp_path), 2) as stream:
        made = [stream[number] for number in range(8)]
    assert [square for square, _ in made] == [number * number for number in range(8)]
    assert os.getpid() not in {process for _, process in made}


def test_none_ahead_is_the_stream_itself(tmp_path: Path) -> None:
    stream = Numbers(tmp_path)
    with made_ahead(stream, 0) as same:
        assert same is stream


def test_only_the_own_batches_are_made(tmp_path: Path) -> None:
    """Of three processes that train, the second."""
    with made_ahead(Numbers(tmp_path), 1, stride=3) as stream:
        assert isinstance(stream, Ahead)
        assert [stream[number][0] for number in (1, 4, 7)] == [1, 16, 49]
    made = {int(file.name) for file in tmp_path.iterdir()}
    assert made <= set(range(1, 7 + 3 * AHEAD, 3)) and made >= {1, 4, 7}


def test_a_run_that_jumps_goes_on_from_there(tmp_path: Path) -> None:
    with made_ahead(Numbers(tmp_path), 1) as stream:
        assert stream[0][0] == 0
        assert stream[500][0] == 250_000
        assert stream[501][0] == 251_001
    assert not (tmp_path / "499").exists()


def test_an_error_comes_out_where_the_batch_is_asked_for(tmp_path: Path) -> None:
    with made_ahead(Numbers(tmp_path), 1) as stream:
        assert stream[12][0] == 144
        with pytest.raises(MindseyeError, match="row 13 is broken"):
            stream[13]
        assert stream[14][0] == 196


def test_a_worker_that_dies_is_named(tmp_path: Path) -> None:
    with made_ahead(Numbers(tmp_path), 1) as stream, pytest.raises(MindseyeError, match="goes on with fewer workers"):
        stream[66]
        stream[67]


class Dies:
    """A stream whose third batch cannot be made."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def __getitem__(self, number: int) -> object:
        if number == 2:
            raise WorkerError("died")
        return self.stream[number]


def test_a_run_whose_worker_died_is_saved(recipe: Recipe) -> None:
    prepared = prepare(recipe, lambda line: None)
    trainer = prepared.trainer.over(Dies(prepared.trainer.step.stream))
    with pytest.raises(WorkerError):
        trainer.run(prepared.state, lambda line: None, Stop())
    assert prepare(recipe, lambda line: None).state.step == 2


def test_a_recipe_learns_the_same_with_workers(recipe: Recipe, made_folder: Path, tmp_path: Path) -> None:
    weights = []
    for workers in (0, 2):
        folder = tmp_path / f"with-{workers}"
        folder.mkdir()
        for item in made_folder.iterdir():
            (folder / item.name).symlink_to(item)
        assert train(replace(recipe, run_folder=str(folder), workers=workers), lambda line: None)
        weights.append(load_file(folder / CHECKPOINT_FOLDER / "ema.safetensors"))
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
