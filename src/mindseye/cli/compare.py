"""`mindseye compare RUN_A RUN_B`: which of two runs over the same rows is better, and where."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .evaluate import results_of
from .options import Commands, add_output_options

if TYPE_CHECKING:
    from ..evaluation.compare import Comparison


def register(commands: Commands) -> None:
    parser = commands.add_parser("compare", help="paired differences between two batch runs")
    parser.add_argument("runs", nargs=2, type=Path, metavar=("RUN_A", "RUN_B"), help="folders of two runs")
    parser.add_argument("--rows", type=int, default=5, help="rows shown that differ most by each metric (default: 5)")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.html", help="write a page with those rows, too")
    add_output_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the table of differences; evaluates a run that has not been evaluated since it grew."""
    from ..evaluation.compare import as_json, compare
    from ..evaluation.compare_page import write_comparison

    first, second = (_scores(path, args) for path in args.runs)
    comparison = compare(first, second)
    if args.output:
        write_comparison(comparison, [results_of(path) for path in args.runs], args.rows, args.output)
    if args.json:
        print(as_json(comparison, args.rows))
    else:
        print_comparison(comparison, args.rows)
        if args.output:
            print(args.output)
    return 0


def print_comparison(comparison: Comparison, count: int) -> None:
    """Means of both, B minus A with its interval, and the rows that differ most."""
    from ..evaluation.compare_page import table

    print(f"{comparison.num_shared} rows in both runs, {comparison.num_only_first} only in A, ", end="")
    print(f"{comparison.num_only_second} only in B; B minus A, paired by row\n")
    header, *lines = table(comparison)
    widths = [max(len(row[place]) for row in (header, *lines)) for place in range(len(header))]
    for name, *cells in (header, *lines):
        print("  ".join([name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))]))
    print("\nwhere they differ most:")
    for difference in comparison.differences:
        apart = difference.most_different(count)
        if apart:
            print(f"  {difference.metric.name}: {', '.join(f'{key} {value:+.3g}' for key, value in apart)}")


def _scores(run: Path, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    from ..evaluation.compare import read_scores
    from ..evaluation.evaluate import DATA, evaluate, write_evaluation
    from ..evaluation.samples import read_samples

    results = results_of(run)
    found = read_scores(results.parent)
    if found is None:
        evaluation = evaluate(read_samples(results))
        write_evaluation(evaluation, results.parent / DATA)
        found = {sample.key: evaluation.row_scores(sample) for sample in evaluation.samples}
    return found
