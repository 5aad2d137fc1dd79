"""Runs that are really killed, and go on."""

import json
import os
import random
import signal
import time

import pytest

from mindseye.batch.results import read_results


def rows_file(path, count):
    path.write_text("".join(json.dumps({"id": f"r{n}", "prompt": f"thing {n}"}) + "\n" for n in range(count)))
    return path


def the_run(output):
    [folder] = output.glob("batch_inference_*")
    return folder


def wait_for_rows(output, count):
    """Until so many rows are on disk."""
    ends_at = time.monotonic() + 30
    while time.monotonic() < ends_at:
        found = list(output.glob("batch_inference_*/results.jsonl"))
        if found and found[0].read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.002)
    raise AssertionError("the run does not get on")


@pytest.mark.slow
def test_killed_ten_times_and_resumed(tmp_path, zygote):
    rows = rows_file(tmp_path / "rows.jsonl", 400)
    words = ["batch", rows, "--model", "fake", "--batch-size", "8", "--quiet"]
    _, status = zygote(*words, "--output_dir", tmp_path / "whole")
    assert status() == 0
    whole = the_run(tmp_path / "whole")
    rng, output, kills = random.Random(1), tmp_path / "killed", 0
    command = [*words, "--output_dir", output, "--resume"]
    for number in range(10):
        child, status = zygote(*command)
        wait_for_rows(output, 35 * number + rng.randrange(1, 35))
        time.sleep(rng.random() * 0.01)
        os.kill(child, signal.SIGKILL)
        kills += status() == -signal.SIGKILL
    assert kills == 10
    killed = the_run(output)
    before = [line["sample_id"] for line in read_results(killed / "results.jsonl")]
    assert len(before) == len(set(before)) < 400, "no row twice, and it was not done yet"
    _, status = zygote(*command)
    assert status() == 0
    assert (killed / "results.jsonl").read_bytes() == (whole / "results.jsonl").read_bytes()
    pictures = {p.relative_to(whole): p.read_bytes() for p in whole.rglob("*.png")}
    assert {p.relative_to(killed): p.read_bytes() for p in killed.rglob("*.png")} == pictures
    assert len(pictures) == 400


@pytest.mark.slow
def test_ctrl_c_finishes_what_is_on_its_way(tmp_path, zygote):
    rows = rows_file(tmp_path / "rows.jsonl", 800)
    command = ["batch", rows, "--model", "fake", "--quiet", "--output_dir", tmp_path / "out", "--resume"]
    child, status = zygote(*command)
    wait_for_rows(tmp_path / "out", 20)
    os.kill(child, signal.SIGINT)
    assert status() == 130
    folder = the_run(tmp_path / "out")
    assert json.loads((folder / "summary.json").read_text())["status"] == "stopped"
    done = sum(1 for _ in read_results(folder / "results.jsonl"))
    assert 20 <= done < 800
    assert len(list(folder.rglob("output_image_1.png"))) == done
    _, status = zygote(*command)
    assert status() == 0
    assert [line["sample_id"] for line in read_results(folder / "results.jsonl")] == [f"r{n}" for n in range(800)]
