"""Batch runs: throughput over the 60 puzzles against a loop of single requests, and 100,000 rows with the fake model.

python benchmarks/batch.py [--turns N] [--rows N]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import mindseye
from mindseye.batch.finished import answered
from mindseye.batch.folder import RunFolder, new_folder
from mindseye.batch.requests import RowPreparer, make_request
from mindseye.batch.results import ResultsFile, read_results
from mindseye.batch.run import run
from mindseye.batch.settings import BatchSettings, RowSettings
from mindseye.batch.workers import WorkerEngine, workers_for
from mindseye.batch.writer import RunWriter
from mindseye.inputs.rows import read_rows

PUZZLES = Path(__file__).parents[1] / "examples" / "batch" / "puzzles.jsonl"
POLL = 0.01  # seconds


def loop_seconds(model: mindseye.Model, output: Path) -> tuple[float, RunFolder]:
    """One request after the other, each written like a batch run's rows."""
    folder, settings, preparer = new_folder(output), RowSettings(), RowPreparer(RowSettings(), None)
    started = time.perf_counter()
    with ResultsFile(folder.results) as results:
        writer = RunWriter(folder, results)
        for row in read_rows([PUZZLES]):
            prepared = preparer.prepare(row)
            [reply] = model.run([make_request(model, prepared, settings)])
            writer.write(answered(prepared, reply))
    return time.perf_counter() - started, folder


def batch_seconds(engine: WorkerEngine | None, settings: BatchSettings) -> tuple[float, RunFolder]:
    """The same rows as `mindseye batch` runs them; models are loaded before the clock starts, as in the loop."""
    engine = engine or WorkerEngine(settings, workers_for(settings))
    try:
        outcome = run(settings, engine)
    finally:
        engine.close()
    return outcome.summary["sessions"][-1]["seconds"], outcome.folder


def differences(first: RunFolder, second: RunFolder) -> tuple[int, int]:
    """Rows whose lines differ, and the largest difference of any value of any picture (0 to 255)."""
    lines = [list(read_results(folder.results)) for folder in (first, second)]
    apart = 0
    for path in sorted(first.path.rglob("*.png")):
        pair = [np.asarray(Image.open(p)).astype(int) for p in (path, second.path / path.relative_to(first.path))]
        apart = max(apart, int(np.abs(pair[0] - pair[1]).max()))
    return sum(a != b for a, b in zip(*lines, strict=True)), apart


def throughput(turns: int) -> None:
    """Loop and batch in turn; prints medians."""
    with tempfile.TemporaryDirectory() as name:
        torch.set_num_threads(1)  # what serves single requests to a model of this size best: two wait for each other
        model = mindseye.load("pocket")
        settings = BatchSettings((PUZZLES,), Path(name) / "batch")
        loops, batches = [], []
        for _ in range(turns):
            loops.append(loop_seconds(model, Path(name) / "loop"))
            batches.append(batch_seconds(None, settings))
        loop, batch = (statistics.median(seconds for seconds, _ in runs) for runs in (loops, batches))
        lines, apart = differences(loops[0][1], batches[0][1])
        print(f"60 puzzles, a loop of single requests  {loop:8.2f} s")
        print(f"60 puzzles, mindseye batch             {batch:8.2f} s ({workers_for(settings)} processes)")
        print(f"times as fast                          {loop / batch:8.2f}")
        print(f"rows that differ: {lines}; largest difference of a picture's value: {apart} of 255")


def many_rows(count: int) -> None:
    """So many rows with the fake model, killed in the middle and resumed; prints times and memory."""
    with tempfile.TemporaryDirectory() as name:
        rows, output = Path(name) / "rows.jsonl", Path(name) / "out"
        with rows.open("w") as file:
            for number in range(count):
                file.write(json.dumps({"id": f"row-{number}", "question": f"what is thing {number}?"}) + "\n")
        few = Path(name) / "few.jsonl"
        few.write_text('{"question": "what is it?"}\n' * 200)
        _, _, base = watched(few, Path(name) / "few", 200)
        start, _, _ = watched(rows, output, count, kill_at=count // 2)
        resume, whole, peak = watched(rows, output, count)
        [results] = output.glob("*/results.jsonl")
        ids = [line["sample_id"] for line in read_results(results)]
        assert ids == [f"row-{number}" for number in range(count)]
        print(f"{count} rows: first row on disk after {start:.2f} s; killed at {count // 2}, first new row after")
        print(f"resuming {resume:.2f} s; the other half took {whole:.1f} s ({(count // 2) / whole:.0f} rows a second)")
        print(f"memory at most {peak / 1e6:.0f} MB, {(peak - base) / 1e6:.0f} MB more than a run over 200 rows")


def watched(rows: Path, output: Path, count: int, kill_at: int | None = None) -> tuple[float, float, int]:
    """Seconds to the first new row, seconds in all, most bytes of memory of a run."""
    words = ["batch", str(rows), "--model", "fake", "--output_dir", str(output), "--resume", "--quiet"]
    before = sum(path.stat().st_size for path in output.glob("*/results.jsonl"))
    started, first, peak = time.perf_counter(), 0.0, 0
    with subprocess.Popen([sys.executable, "-m", "mindseye", *words], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            found = list(output.glob("*/results.jsonl"))
            if not first and found and found[0].stat().st_size > before:
                first = time.perf_counter() - started
            if kill_at and found and found[0].stat().st_size > kill_at * 150:
                os.kill(process.pid, signal.SIGKILL)
            time.sleep(POLL)
    assert process.returncode == (-signal.SIGKILL if kill_at else 0), process.returncode
    return first, time.perf_counter() - started, peak


def memory_of(pid: int) -> int:
    """Bytes of memory that a process has had at most."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3, help="of loop and batch (0 leaves them out)")
    parser.add_argument("--rows", type=int, default=100_000, help="of the fake model (0 leaves them out)")
    args = parser.parse_args()
    if args.turns:
        throughput(args.turns)
    if args.rows:
        many_rows(args.rows)


if __name__ == "__main__":
    main()
