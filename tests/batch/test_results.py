import errno
import json
import os
import subprocess
import sys

import pytest

from mindseye.batch import results
from mindseye.batch.results import DiskFullError, ResultsFile, put_in_order, read_results, whole_size


def row(key, **more):
    return {"sample_id": key, **more}


def test_rows_are_appended(tmp_path):
    path = tmp_path / "results.jsonl"
    for keys in ([1, 2], [3]):
        with ResultsFile(path) as file:
            file.add(row(key, text="猫") for key in keys)
    assert [found["sample_id"] for found in read_results(path)] == [1, 2, 3]
    assert "猫" in path.read_text()


def test_text_that_is_no_utf8_is_escaped(tmp_path):
    with ResultsFile(tmp_path / "results.jsonl") as file:
        file.add([row(1, text="\ud800")])
    assert next(read_results(file.path))["text"] == "\ud800"


@pytest.mark.parametrize("torn", [b'{"sample_id": 3, "te', b"{", b"x" * 200_000])
def test_a_torn_last_line_is_cut_off(tmp_path, torn):
    path = tmp_path / "results.jsonl"
    with ResultsFile(path) as file:
        file.add([row(1), row(2)])
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert whole_size(path) == len(whole)
    assert [found["sample_id"] for found in read_results(path)] == [1, 2]
    with ResultsFile(path) as file:
        file.add([row(3)])
    assert path.read_bytes() == whole + b'{"sample_id": 3}\n'


def test_rows_are_synced_before_add_returns(tmp_path, monkeypatch):
    order = []
    monkeypatch.setattr(results.os, "fsync", lambda handle: order.append("synced"))
    with ResultsFile(tmp_path / "results.jsonl") as file:
        file.add([row(1)])
        order.append("counted")
    assert order == ["synced", "counted"]


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    path, real = tmp_path / "results.jsonl", os.write

    def write_half(handle, data):
        if len(data) > 10:
            return real(handle, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with ResultsFile(path) as file:
        file.add([row(1)])
        monkeypatch.setattr(results.os, "write", write_half)
        with pytest.raises(DiskFullError, match="No space left"):
            file.add([row(2, text="x" * 50)])
    assert path.read_bytes() == b'{"sample_id": 1}\n'


def test_a_real_limit_of_the_system_is_a_full_disk(tmp_path):
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from mindseye.batch.results import DiskFullError, ResultsFile\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "with ResultsFile(Path(sys.argv[1])) as file:\n"
        "    try:\n"
        "        for number in range(100): file.add([{'sample_id': number}])\n"
        "    except DiskFullError: sys.exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "results.jsonl")])
    assert done.returncode == 7
    data = (tmp_path / "results.jsonl").read_bytes()
    assert data.endswith(b"}\n")
    assert 900 < len(data) <= 1000
    assert all(json.loads(line) for line in data.splitlines())


def test_rows_are_put_in_order(tmp_path):
    path = tmp_path / "results.jsonl"
    with ResultsFile(path) as file:
        file.add([row("b"), row("stray"), row("a", error="old"), row("a")])
    put_in_order(path, iter(["a", "b", "absent"]))
    assert list(read_results(path)) == [row("a"), row("b")]
    before = path.stat().st_ino
    put_in_order(path, iter(["a", "b"]))
    assert path.stat().st_ino == before, "a file in order is left alone"
