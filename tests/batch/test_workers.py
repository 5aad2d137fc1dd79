import os
import signal
import time

import pytest

from mindseye.batch.run import StoppedRunError, run
from mindseye.batch.settings import ModelChoice
from mindseye.batch.workers import WorkerEngine, workers_for


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.slow
def test_processes_give_the_folder_that_one_gives(write_rows, make_settings, make_engine):
    good = [{"id": f"r{n}", "prompt": f"thing {n}"} for n in range(40)]
    rows = [*good[:20], *[b"{broken"] * 100, *good[20:], *[{"prompt": "x", "image": "gone.png"}] * 30]
    settings = make_settings(write_rows(rows), batch_size=4)
    whole = run(settings, make_engine(settings)).folder
    engine = WorkerEngine(settings, 2)
    try:
        outcome = run(settings, engine)
        assert outcome.folder.results.read_bytes() == whole.results.read_bytes()
        assert outcome.summary["sessions"][0]["workers"] == 2
    finally:
        engine.close()
    for worker in engine._workers:
        worker.join(10)
        assert not worker.is_alive()


@pytest.mark.slow
def test_a_dead_worker_ends_the_run_in_a_folder_that_goes_on(write_rows, make_settings, make_engine):
    settings = make_settings(write_rows([{"prompt": f"thing {n}"} for n in range(300)]), batch_size=2)
    engine = WorkerEngine(settings, 2)

    def kill_one(counts, seconds):
        if counts.rows == 5:
            os.kill(engine._workers[0].pid, signal.SIGKILL)

    try:
        with pytest.raises(StoppedRunError, match=r"worker process died \(exit status -9\).*--resume goes on"):
            run(settings, engine, watch=kill_one)
    finally:
        engine.close()
    assert run(settings, make_engine(settings), resume="").summary["counts"]["total"] == 300


@pytest.mark.slow
def test_workers_of_a_killed_run_do_not_go_on_alone(tmp_path, write_rows, zygote):
    rows = write_rows([{"prompt": f"thing {n}"} for n in range(3000)])
    child, status = zygote(
        "batch", rows, "--model", "fake", "--workers", "2", "--quiet", "--output_dir", tmp_path / "o"
    )
    ends_at = time.monotonic() + 60
    while not list((tmp_path / "o").glob("*/results.jsonl")) and time.monotonic() < ends_at:
        time.sleep(0.05)
    with open(f"/proc/{child}/task/{child}/children") as file:
        workers = [int(word) for word in file.read().split()]
    assert len(workers) >= 2
    os.kill(child, signal.SIGKILL)
    assert status() == -signal.SIGKILL
    ends_at = time.monotonic() + 20
    while any(map(is_alive, workers)) and time.monotonic() < ends_at:
        time.sleep(0.05)
    assert not any(map(is_alive, workers))


def test_how_many_processes_are_good(write_rows, make_settings, monkeypatch):
    monkeypatch.setattr("mindseye.batch.workers.num_cores", lambda: 6)
    path = write_rows([])
    assert workers_for(make_settings(path, workers=None)) == 1  # the fake one
    assert workers_for(make_settings(path, workers=None, model=ModelChoice("pocket", device="cpu"))) == 6
    assert workers_for(make_settings(path, workers=3, model=ModelChoice("pocket"))) == 3
