"""How fast a step of the town's recipe is, and the share of the machine's matrix rate that it reaches.

python benchmarks/training.py [--turns N] [--json FILE]

Plain and fused steps over the same batches and the matrix product take turns in one process, on one thread; processor
time, so other programs disturb it less. Operations are those of all products in the plain step.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch
from speed import Row
from torch.utils.flop_counter import FlopCounterMode

from mindseye.networks.vae import Autoencoder
from mindseye.settings import load_settings
from mindseye.training.autoencoder import save_autoencoder
from mindseye.training.loop import pace_of
from mindseye.training.recipe import Recipe
from mindseye.training.run import Prepared, prepare

RECIPE = Path(__file__).parent.parent / "recipes" / "pocket.yaml"
FIRST_STEP = 5000  # the mix of lessons that most steps have
SIDE = 2048  # of the matrices
UNCOUNTED = 2  # turns, in which memory is claimed


def prepared(folder: Path, is_fused: bool) -> Prepared:
    """The recipe with random weights and a vocabulary of few texts, whose speed is the same."""
    recipe = load_settings(Recipe, RECIPE)
    recipe = replace(
        recipe,
        run_folder=str(folder),
        threads=1,
        fused=is_fused,
        eyes=replace(recipe.eyes, num_steps=0),
        vocabulary=replace(recipe.vocabulary, num_episodes=2000),
    )
    save_autoencoder(Autoencoder(recipe.autoencoder.config), folder)
    ready = prepare(recipe, lambda line: None)
    ready.state.step = FIRST_STEP
    return ready


def seconds(work: Callable[[], object]) -> float:
    """Processor time of a piece of work."""
    started = time.process_time()
    work()
    return time.process_time() - started


def measure(turns: int) -> list[Row]:
    """Every row of the table."""
    matrix = torch.randn(SIDE, SIDE, dtype=torch.bfloat16)
    with tempfile.TemporaryDirectory() as folder:
        runs = [prepared(Path(folder), is_fused) for is_fused in (False, True)]
    steps = [lambda one=one: one.trainer.step(one.state, pace_of(one.trainer.pace, one.state)) for one in runs]
    operations, plain, fused, products = [], [], [], []
    for _ in range(UNCOUNTED + turns):
        plain.append(seconds(steps[0]))
        fused.append(seconds(steps[1]))
        products.append(min(seconds(lambda: matrix @ matrix) for _ in range(5)))
    for one in runs:
        one.state.step = FIRST_STEP + UNCOUNTED
    for _ in range(turns):  # counting costs time, so the same batches once more
        with FlopCounterMode(display=False) as counter:
            steps[0]()
        operations.append(counter.get_total_flops())
    plain, fused, products = (times[UNCOUNTED:] for times in (plain, fused, products))
    rate = 2 * SIDE**3 / statistics.median(products)
    share = [count / took / rate for count, took in zip(operations, fused, strict=True)]
    share_plain = [count / took / rate for count, took in zip(operations, plain, strict=True)]
    ratios = [a / b for a, b in zip(plain, fused, strict=True)]
    return [
        Row("operations of a training step", statistics.mean(operations) / 1e9, "Gflop"),
        Row("matrix products of this machine, one thread", rate / 1e9, "Gflop/s"),
        Row("a plain step", statistics.median(plain), "s"),
        Row("a fused step", statistics.median(fused), "s"),
        Row("plain / fused, median of the pairs", statistics.median(ratios), "x"),
        Row("a plain step reaches of the matrix rate", 100 * statistics.median(share_plain), "%"),
        Row("a fused step reaches of the matrix rate", 100 * statistics.median(share), "%"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--json", type=Path, help="write the rows to this file too")
    arguments = parser.parse_args()
    rows = measure(arguments.turns)
    for row in rows:
        print(f"{row.name:<48}{row.value:>8.2f} {row.unit}")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
