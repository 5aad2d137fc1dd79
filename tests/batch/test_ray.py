"""Ray: two actors, one of them killed in the middle, and a folder like any other."""

import dataclasses
import os
import signal
from pathlib import Path

import pytest

from mindseye.batch.run import run

ray = pytest.importorskip("ray")


@pytest.fixture(scope="module")
def local_ray():
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


def actor_processes():
    """Process ids of the actors that this very process has started by way of its Ray."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"RayRows" in (folder / "cmdline").read_bytes() and os.getpid() in ancestors(int(folder.name)):
                found.append(int(folder.name))
        except OSError:  # gone meanwhile
            continue
    return sorted(found)


def ancestors(pid):
    while pid > 1:
        yield pid
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


@pytest.mark.slow
def test_two_actors_of_which_one_is_killed(local_ray, write_rows, make_settings, make_engine, picture, tmp_path):
    from mindseye.batch.ray_engine import RayEngine

    rows = [{"id": f"r{n}", "prompt": f"thing {n}", "image": str(picture)} for n in range(300)]
    first, second = write_rows([*rows[:200], b"{broken"], "a.jsonl"), write_rows(rows[200:], "b.jsonl")
    settings = dataclasses.replace(make_settings(first, batch_size=4), inputs=(first, second))
    whole = run(settings, make_engine(settings)).folder
    killed, watched = [], []

    def kill_one(counts, seconds):
        watched.append(counts.rows)
        if not killed and counts.rows > 8:
            processes = actor_processes()
            assert len(processes) == 2
            os.kill(processes[0], signal.SIGKILL)
            killed.append(processes[0])

    outcome = run(settings, RayEngine(settings, 2), watch=kill_one)
    assert killed
    assert outcome.is_finished
    assert outcome.folder.results.read_bytes() == whole.results.read_bytes()
    pictures = {p.relative_to(whole.path): p.read_bytes() for p in whole.path.rglob("*.png")}
    assert {p.relative_to(outcome.folder.path): p.read_bytes() for p in outcome.folder.path.rglob("*.png")} == pictures
    assert len(pictures) == 600
    assert watched == list(range(1, 302)), "no row came twice"
    assert outcome.summary["sessions"][0]["engine"] == "ray"


@pytest.mark.slow
def test_a_stopped_ray_run_goes_on_without_ray(local_ray, write_rows, make_settings, make_engine):
    from mindseye.batch.ray_engine import RayEngine

    settings = make_settings(write_rows([{"prompt": f"thing {n}"} for n in range(60)]), batch_size=4)
    done = []
    first = run(settings, RayEngine(settings, 1), watch=lambda *_: done.append(1), is_stopped=lambda: len(done) > 9)
    assert not first.is_finished
    second = run(settings, make_engine(settings), resume="")
    assert second.folder == first.folder
    assert second.summary["counts"]["total"] == 60
