"""What a batch run tells while it goes on."""

import json

import pytest

from mindseye.batch.settings import BatchSettings
from mindseye.batch.writer import Counts
from mindseye.cli import batch_progress
from mindseye.cli.batch_progress import Progress


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"prompt": "x"}) + "\n" for _ in range(100)))
    return BatchSettings((tmp_path / "rows.jsonl",), tmp_path, end_idx=90)


def test_a_line_now_and_then(settings, capsys, monkeypatch):
    monkeypatch.setattr(batch_progress, "SECONDS_A_LINE", 0.0)
    with Progress(settings, is_quiet=False) as progress:
        progress.watch(Counts(before=40, rows=10, failed=2, images=7, tokens=500), 20.0)
    assert capsys.readouterr().err == "10 of 50 rows, 7 pictures, 25 tokens/s, 2 failed, 80 s left\n"


def test_a_bar_on_a_terminal(settings, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with Progress(settings, is_quiet=False) as progress:
        progress.watch(Counts(before=40, rows=10, failed=2, images=7, tokens=500), 20.0)
        [task] = progress._bar.tasks
        assert (task.completed, task.total, task.description) == (10, 50, "7 pictures, 25 tokens/s, 2 failed")


def test_quiet_says_nothing(settings, capsys):
    with Progress(settings, is_quiet=True) as progress:
        progress.watch(Counts(rows=10), 20.0)
    assert capsys.readouterr().err == ""
