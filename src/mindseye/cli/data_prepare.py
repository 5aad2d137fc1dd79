"""`mindseye data prepare NAME`: a data set as it is published becomes rows with splits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..printable import printable
from .options import Commands, add_output_options

if TYPE_CHECKING:
    from ..data.prepare import Outcome, Wanted

PUBLISHED = {
    "coco": "COCO captions: captions_train2017.json and its like, with train2017 and val2017 as folders or zips",
    "flickr8k": "Flickr8k: Flickr8k.token.txt, the lists of its splits and its pictures",
    "flickr30k": "Flickr30k: results.csv or flickr_annotations_30k.csv and its pictures",
}
STATUS_PROBLEMS = 1  # of a --check that only looks, as of other checks
MOST_SHOWN = 5  # problems of a kind


def register(commands: Commands) -> None:
    parser = commands.add_parser("prepare", help="make rows of a data set", description="Make rows of a data set.")
    names = parser.add_subparsers(title="data sets", metavar="NAME", required=True)
    for name, about in PUBLISHED.items():
        one = names.add_parser(name, help=about, description=f"{about}.")
        one.add_argument("--source", type=Path, metavar="DIR", required=True, help="where archives and annotations lie")
        one.add_argument("--check", action="store_true", help="open every picture: find corrupt and equal ones")
        _add_output(one)
        one.set_defaults(func=run_published, name=name)
    _register_world(names)
    stamps = names.add_parser("stamps", help="photographs of the Debian package tuxpaint-stamps-default")
    stamps.add_argument(
        "--source", type=Path, metavar="DIR", help="where the stamps lie (default: where apt puts them)"
    )
    stamps.add_argument("--drawings", action="store_true", help="take drawings too")
    _add_output(stamps)
    stamps.set_defaults(func=run_stamps)


def _register_world(names: Commands) -> None:
    world = names.add_parser("world", help="icon scenes with captions and questions, whose truth is known")
    world.add_argument("--world", default="town", help="town or corners (default: town)")
    world.add_argument("--kinds", nargs="+", metavar="KIND", default=["caption", "question"], help="kinds or families")
    world.add_argument("--num", type=int, default=1000, help="rows for training (default: 1000)")
    world.add_argument("--num-held-out", type=int, default=100, help="for validation, and for the test (default: 100)")
    world.add_argument("--things", type=int, metavar="N", help="only scenes with N things (default: any)")
    world.add_argument(
        "--languages", nargs="+", metavar="LANGUAGE", default=["en"], help="en, zh or both (default: en)"
    )
    world.add_argument("--seed", type=int, default=0, help="the same seed makes the same (default: 0)")
    world.add_argument("--side", type=int, metavar="PX", help="side of a picture (default: the world's own)")
    _add_output(world)
    world.set_defaults(func=run_world)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="where the rows go; must be new or empty")
    parser.add_argument("--format", default="jsonl", help="jsonl, with pictures beside it, or parquet (default: jsonl)")
    add_output_options(parser)


def run_published(args: argparse.Namespace) -> int:
    """Write rows or, without --output, only check; tells what there is and what is wrong."""
    from ..data.prepare import prepare

    wanted = _wanted(args, is_checked=args.check)
    outcome = prepare(args.name, args.source, wanted, _watch(args))
    _tell(args, outcome)
    return STATUS_PROBLEMS if args.output is None and outcome.problems.found else 0


def run_world(args: argparse.Namespace) -> int:
    """Write rows of scenes."""
    from ..data.prepare import finish
    from ..data.problems import Problems
    from ..data.world import Scenes, scene_rows
    from ..params import check_seed

    scenes = Scenes(
        world=args.world,
        kinds=tuple(args.kinds),
        num=args.num,
        num_held_out=args.num_held_out,
        languages=tuple(args.languages),
        num_things=args.things,
        seed=check_seed(args.seed),
        side=args.side,
    )
    _tell(args, finish(scene_rows(scenes), _wanted(args), Problems(), _watch(args)))
    return 0


def run_stamps(args: argparse.Namespace) -> int:
    """Write rows of stamps."""
    from ..data.prepare import finish
    from ..data.problems import Problems
    from ..data.stamps import INSTALLED, stamp_rows

    problems = Problems()
    rows = stamp_rows(args.source or INSTALLED, problems, args.drawings)
    _tell(args, finish(rows, _wanted(args), problems, _watch(args)))
    return 0


def _wanted(args: argparse.Namespace, is_checked: bool = False) -> Wanted:
    from ..data.prepare import Wanted
    from ..errors import InputError
    from .inputs import make_folder

    wanted = Wanted(args.output, args.format, is_checked)
    if args.output is None:
        if not is_checked:
            raise InputError("say where the rows go: -o DIR (or --check without it, to look only)")
    elif args.output.is_dir() and any(args.output.iterdir()):
        raise InputError(f"{args.output} is not empty; name a new folder")
    else:
        make_folder(args.output)
    return wanted


def _tell(args: argparse.Namespace, outcome: Outcome) -> None:
    """What was written, and what is wrong: all of it as JSON, else the first of each kind."""
    from ..data.prepare import REPORT
    from ..data.problems import KINDS
    from .show import print_json

    if not args.quiet and sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    if args.json:
        print_json(outcome.as_json())
        return
    pictures = ", ".join(f"{count} {split}" for split, count in outcome.splits.items()) or "none"
    print(f"pictures with captions: {pictures}; {outcome.num_captions} captions")
    for name, count in outcome.files.items():
        print(f"{args.output / name}: {count} rows")
    for kind, count in outcome.problems.counts.items():
        print(f"{KINDS[kind]}: {count}")
        for problem in outcome.problems.of(kind)[:MOST_SHOWN]:
            print(printable(f"  {problem.where}: {problem.what}"))
        if count > MOST_SHOWN:
            print(f"  and {count - MOST_SHOWN} more")
    if outcome.problems.found and args.output:
        print(f"{args.output / REPORT}: all of them")
    if args.output is None and not outcome.problems.found:
        print("nothing is wrong")


def _watch(args: argparse.Namespace) -> Callable[[int], None]:
    if args.quiet or not sys.stderr.isatty():
        return lambda count: None
    return lambda count: print(f"\r\033[K{count} pictures", end="", file=sys.stderr, flush=True)
