"""What waiting for the pocket model feels like.

python benchmarks/pocket.py [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from speed import NOTHING_TWICE, Row

import mindseye
from mindseye.model import Model
from mindseye.worlds import Scene, Thing, to_image

ROUNDS = 10
CONVERSATIONS = 7
SCENE = Scene((Thing("cat", "top left"), Thing("dog", "top right")), "blue")


def seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Median time of a piece of work, after one that does not count."""
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def demo_seconds() -> float:
    """Wall time of the whole command, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mindseye", "demo", "-o", folder, "--quiet"]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started


def round_seconds(model: Model) -> list[float]:
    """Seconds of each round of a conversation: something is drawn, then it is asked about. Medians of several."""
    talks = []
    for _ in range(CONVERSATIONS):
        chat, times = model.chat(), []
        for number in range(ROUNDS):
            started = time.perf_counter()
            chat.say("a cat to the left of a dog", task="draw", seed=number)
            chat.say("what is at the top left?", task="ask", max_tokens=4)
            times.append(time.perf_counter() - started)
        talks.append(times)
    return [statistics.median(times) for times in zip(*talks, strict=True)]


def reread_seconds(model: Model) -> float:
    """Seconds of the last round if everything before it had to be read again: the same turns in a new conversation."""
    chat = model.chat()
    pictures = [model.draw("a cat to the left of a dog", seed=number).image for number in range(ROUNDS - 1)]
    story = [
        part for picture in pictures for part in ("a cat to the left of a dog", picture, "what is at the top left?")
    ]
    started = time.perf_counter()
    chat.say(*story, "a cat to the left of a dog", task="draw", seed=0)
    chat.say("what is at the top left?", task="ask", max_tokens=4)
    return time.perf_counter() - started


def beside_a_busy_program(model: Model) -> float:
    """How many times as long a drawing takes while another program keeps a core busy."""
    draw = lambda: model.draw("a cat to the left of a dog", seed=1)  # noqa: E731
    alone = seconds(draw, 9)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(0.5)
        return seconds(draw, 9) / alone
    finally:
        busy.kill()
        busy.wait()


def measure() -> list[Row]:
    """Every row of the table."""
    model, image = mindseye.load("pocket", engine=NOTHING_TWICE), to_image(SCENE)
    model.draw("a cat", seed=0)
    rounds = round_seconds(model)
    return [
        Row("load the model", seconds(lambda: mindseye.load("pocket")), "s"),
        Row("an answer", seconds(lambda: model.ask(image, "what is at the top left?")), "s"),
        Row("a drawing", seconds(lambda: model.draw("a cat to the left of a dog", seed=1)), "s"),
        Row("an edit", seconds(lambda: model.edit(image, "remove the cat", seed=1)), "s"),
        Row("a drawing beside a busy program / alone", beside_a_busy_program(model), "x"),
        Row("first round of a conversation", rounds[0], "s"),
        Row("slowest of rounds 8 to 10 / fastest of 1 to 3", max(rounds[7:]) / min(rounds[:3]), "x"),
        Row("round 10, everything read again", reread_seconds(model), "s"),
        Row("mindseye demo, from the shell", demo_seconds(), "s"),
    ]


def main() -> None:
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # huge pages, as the command line asks for them
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    arguments = parser.parse_args()
    rows = measure()
    for row in rows:
        print(f"{row.name:<48}{row.value:>8.2f} {row.unit}")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
