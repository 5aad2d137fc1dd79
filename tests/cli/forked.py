"""Runs command lines one after the other, each in a fork of a process that has all modules loaded.

A line of JSON comes in for each: {"words": [...]}. A line goes out: exit status, what was printed on stderr, seconds,
and the largest memory in bytes. Whatever is measured is what the command itself costs.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import time

import mindseye.loading  # noqa: F401 - loaded once, for all
from mindseye.checkpoints import load  # noqa: F401
from mindseye.cli.main import main, make_parser
from mindseye.evaluation import exams  # noqa: F401
from mindseye.training import run  # noqa: F401


def in_a_fork(words: list[str]) -> dict[str, object]:
    """What became of a command line."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        started = time.perf_counter()
        child = os.fork()
        if not child:
            status = 99
            try:
                with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
                    try:
                        status = main(words)
                    except SystemExit as stop:
                        status = int(stop.code or 0)
                    said.flush()
            finally:
                os._exit(status)
        _, status, usage = os.wait4(child, 0)
        seconds = time.perf_counter() - started
        said.seek(0)
        return {
            "status": os.waitstatus_to_exitcode(status),
            "said": said.read(),
            "seconds": seconds,
            "memory": usage.ru_maxrss * 1024,
        }


if __name__ == "__main__":
    make_parser()
    for line in sys.stdin:
        print(json.dumps(in_a_fork(json.loads(line)["words"])), flush=True)
