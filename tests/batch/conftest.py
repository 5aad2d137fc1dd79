import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from mindseye.batch.actor import ActorPlan, RowActor
from mindseye.batch.local import LocalEngine
from mindseye.batch.results import read_results
from mindseye.batch.settings import BatchSettings, ModelChoice, RowSettings
from mindseye.fake_model import FakeModel


@pytest.fixture(scope="session")
def picture(tmp_path_factory):
    """A small picture."""
    path = tmp_path_factory.mktemp("picture") / "red.png"
    Image.new("RGB", (8, 8), (200, 20, 20)).save(path)
    return path


@pytest.fixture
def write_rows(tmp_path):
    """A function that writes rows (objects, or raw lines) to a file of the test's own."""

    def write(rows, name="rows.jsonl"):
        path = tmp_path / name
        lines = (row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return path

    return write


@pytest.fixture
def make_settings(tmp_path):
    """A function from a file of rows and changes to the settings of a run with the fake model."""

    def make(path, task="auto", seed=0, **changes):
        settings = {"model": ModelChoice("fake"), "rows": RowSettings(task=task, seed=seed), "workers": 1, **changes}
        return BatchSettings((path,), tmp_path / "out", **settings)

    return make


@pytest.fixture
def make_engine():
    """A function from settings and a script to an engine with a fake model."""

    def make(settings, script=None):
        model = FakeModel(script) if script else FakeModel()
        return LocalEngine(settings, RowActor(ActorPlan.of(settings), model))

    return make


@pytest.fixture
def lines_of():
    """A function from a run's folder to the lines of its results."""
    return lambda folder: list(read_results(folder.results))


@pytest.fixture(scope="module")
def zygote():
    """Starts `mindseye` with arguments in a process of its own; returns its id and a wait for its exit status."""
    command = [sys.executable, str(Path(__file__).parent / "zygote.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def start(*arguments):
            process.stdin.write(json.dumps([str(word) for word in arguments]) + "\n")
            process.stdin.flush()
            return int(process.stdout.readline()), lambda: int(process.stdout.readline())

        yield start
        process.stdin.close()
