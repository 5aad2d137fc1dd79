"""`mindseye judge [MODEL]`: examine a model on pictures that training never shows."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..params import ImageParams, TextParams
from .fields import add_options, chosen_options
from .inputs import make_folder
from .options import Commands, add_output_options, add_think, load_model

EXIT_STATUS_STOPPED = 130  # as after any Ctrl-C

if TYPE_CHECKING:
    from ..evaluation.judge import Verdict, Watch


def register(commands: Commands) -> None:
    parser = commands.add_parser("judge", help="examine a model on held-out pictures whose truth is known")
    parser.add_argument("model", nargs="?", metavar="MODEL", help='"pocket", a folder or a hub id (default: pocket)')
    parser.add_argument(
        "--num", type=int, default=100, help="requests of each kind, 1 to 100000, the languages in turn (default: 100)"
    )
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help='kinds or families, as in "draw" or "edit.add"')
    parser.add_argument("--languages", nargs="+", metavar="LANGUAGE", default=["en", "zh"], help="en, zh or both")
    parser.add_argument("--unified", action="store_true", help="ask too whether the model knows when to draw")
    parser.add_argument(
        "--seeds",
        "--seed",
        type=int,
        nargs="+",
        default=[0],
        help="0 to 2**63 - 1; the same asks the same, several are averaged (default: 0)",
    )
    parser.add_argument(
        "--split", default="test", help="test to publish, validation to choose by, train for the gap (default: test)"
    )
    parser.add_argument("--world", help="town or corners (default: the one that the model was taught, else town)")
    parser.add_argument("--batch", type=int, default=32, help="requests at once, 1 to 10000 (default: 32)")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="write index.html and verdict.json there")
    add_think(parser, "think before answering and drawing")
    add_options(parser.add_argument_group("drawing"), ImageParams)
    add_options(parser.add_argument_group("writing"), TextParams)
    group = parser.add_argument_group("model and output")
    group.add_argument("--model", dest="named", metavar="MODEL", help="the same as MODEL, as other verbs have it")
    group.add_argument("--weights", default=None, metavar="FILE", help="name of the weight file in the folder")
    group.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps (default: auto)")
    group.add_argument("--dtype", default="auto", help="auto, float32 or bfloat16 (default: auto)")
    add_output_options(group)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the tables; write the page if asked."""
    from ..checkpoints.defaults import Defaults
    from ..checkpoints.locate import find_folder
    from ..errors import InputError
    from ..evaluation.answers import ModelAnswerer
    from ..evaluation.exams import check_numbers, choose_kinds
    from ..evaluation.judge import MOST_AT_ONCE, judge
    from ..evaluation.report import as_json
    from ..worlds.world import DEFAULT_WORLD
    from .show import print_json

    if args.model and args.named:
        raise InputError(f'two models came, "{args.model}" and "{args.named}"; name one')
    args.model = args.model or args.named or "pocket"
    world = args.world or Defaults.from_folder(find_folder(args.model)).world or DEFAULT_WORLD
    choose_kinds(args.kinds, world=world)  # complain before the model is loaded
    for seed in args.seeds:
        check_numbers(args.num, seed, args.languages)
    if not 1 <= args.batch <= MOST_AT_ONCE:
        raise InputError(f"batch is {args.batch}; expected 1 to {MOST_AT_ONCE}")
    options = chosen_options(args, ImageParams, TextParams)
    if args.think is not None:
        options["think"] = args.think
    if args.output:
        make_folder(args.output)
    answerer = ModelAnswerer(load_model(args), options)
    with Progress(is_quiet=args.quiet or not sys.stderr.isatty()) as progress:
        verdict = judge(
            answerer,
            num=args.num,
            seed=args.seeds,
            kinds=args.kinds,
            languages=args.languages,
            unified=args.unified,
            batch=args.batch,
            watch=progress.watch,
            world=world,
            split=args.split,
        )
    asked = [result for result in verdict.results if not result.exam.kind.startswith(("eye.", "miss."))]
    if asked and all(result.answer.error for result in asked):
        raise InputError(f"every request failed, the first with: {asked[0].answer.error}")
    facts = as_json(verdict)
    page = write_output(verdict, facts, args.output) if args.output else None
    if args.json:
        print_json(facts)
    else:
        print_tables(verdict)
        if page:
            print(page)
    return EXIT_STATUS_STOPPED if verdict.is_cut else 0


class Progress:
    """A bar on stderr that names the kind being asked."""

    def __init__(self, is_quiet: bool) -> None:
        from rich import progress
        from rich.console import Console

        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
        )
        self._bar = progress.Progress(*columns, console=Console(stderr=True), transient=True, disable=is_quiet)
        self._task = self._bar.add_task("asking", total=None)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._bar.stop()

    @property
    def watch(self) -> Watch:
        """What `judge` tells."""
        return lambda kind, done, total: self._bar.update(self._task, description=kind, completed=done, total=total)


def write_output(verdict: Verdict, facts: dict[str, Any], folder: Path) -> Path:
    """The page and the numbers; returns the page's path."""
    from ..evaluation.gallery import write_page
    from ..whole_files import write_whole

    page = write_page(verdict, folder / "index.html")
    write_whole(folder / "verdict.json", json.dumps(facts, ensure_ascii=False, indent=2))
    return page


def print_tables(verdict: Verdict) -> None:
    """All tables, drawn on a terminal and plain in a pipe."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ..evaluation.report import tables, warnings

    is_terminal = sys.stdout.isatty()
    console = Console(width=None if is_terminal else 160, highlight=False)
    for table in tables(verdict):
        drawn = Table(title=table.title, title_justify="left", box=box.SIMPLE if is_terminal else box.ASCII2)
        for number, name in enumerate(table.header):
            drawn.add_column(name, justify="right" if number else "left")
        for row in table.rows:
            style = "dim" if row[0].startswith("  ") else None
            drawn.add_row(*(Text(cell) for cell in row), style=style)
        console.print(drawn)
    for warning in warnings(verdict):
        console.print(f"beware: {warning}", markup=False)
    asked = f"{len(verdict.results)} requests to {verdict.model}"
    console.print(f"{asked}, {len(verdict.errors)} errors", markup=False)
    for error in dict.fromkeys(f"{result.exam.kind}: {result.answer.error}" for result in verdict.errors):
        console.print(f"  {error}", markup=False)
