"""`mindseye evaluate DATA --model M`: a data set is asked first, then measured; `--swap`: does the model see?"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..printable import printable
from .options import Commands, load_model

if TYPE_CHECKING:
    from ..evaluation.swap import SwapScores
    from ..evaluation.swap_run import SwapResult

MATCHES = "auto, exact, contains or nearer (default: auto)"
SWAP = "swap.json"
DEFAULT_ROWS = 200


def add_data_options(parser: Commands) -> None:
    """Options with which evaluate takes rows that nobody has answered yet."""
    group = parser.add_argument_group("asking a model: RUN is then JSONL or Parquet, as data prepare makes it")
    group.add_argument("--model", help='ask this model first: "pocket", a folder or a hub id')
    group.add_argument("--swap", action="store_true", help="only whether answers change with the picture (image swap)")
    group.add_argument("--match", default="auto", help=f"how --swap compares an answer with the truth: {MATCHES}")
    group.add_argument("--num", type=int, help=f"rows at most (default: all; {DEFAULT_ROWS} with --swap)")
    group.add_argument("--seed", type=int, default=0, help="of pictures' partners and of words (default: 0)")
    group.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="where the run goes (default: outputs)")
    group.add_argument("--weights", metavar="FILE", help="name of the weight file in the folder")
    group.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps (default: auto)")
    group.add_argument("--dtype", default="auto", help="auto, float32 or bfloat16 (default: auto)")


def answer_data(args: argparse.Namespace) -> Path:
    """Answer the rows as a batch run; returns its results.jsonl. InputError for a run that was stopped."""
    from ..batch.run import check_rows
    from ..batch.run import run as run_batch
    from ..batch.settings import BatchSettings, ModelChoice, RowSettings
    from ..inputs.rows import find_files
    from .batch import local_engine, stop_at_ctrl_c
    from .batch_progress import Progress

    settings = BatchSettings(
        tuple(find_files([args.run])),
        args.output or Path("outputs"),
        ModelChoice(args.model, args.weights, args.device, args.dtype),
        RowSettings(seed=args.seed),
        end_idx=args.num,
        image_root=args.image_root,
    )
    check_rows(settings)
    with (
        closing(local_engine(settings)) as engine,
        stop_at_ctrl_c(args.quiet) as is_stopped,
        Progress(settings, args.quiet) as progress,
    ):
        outcome = run_batch(settings, engine, None, progress.watch, is_stopped)
    if not outcome.is_finished:
        raise InputError(f"stopped before the last row; what is finished is in {outcome.folder.path}")
    return outcome.folder.path / "results.jsonl"


def run_swap(args: argparse.Namespace) -> int:
    """Ask with own, other and blank pictures; print the scores and, with --output, write all answers."""
    from ..evaluation.swap_run import SwapSettings, measure_swap
    from ..inputs.row_files import RowFiles
    from ..inputs.row_order import Reading
    from ..inputs.rows import find_files
    from .show import print_json

    settings = SwapSettings(DEFAULT_ROWS if args.num is None else args.num, args.seed, args.match, args.image_root)
    files = RowFiles(find_files([args.run]))
    args.model = args.model or "pocket"
    model = load_model(args, understanding_only=True)
    result = measure_swap(model, files.read(Reading()), settings, _watch(args.quiet))
    facts = {"model": args.model, **result.scores.as_json(), "left_out": len(result.left_out)}
    if args.output:
        _write(args.output, facts, result)
    if args.json:
        print_json(facts)
        return 0
    _print(result)
    if args.output:
        print(args.output / SWAP)
    return 0


def _print(result: SwapResult) -> None:
    for line in table(result.scores):
        print(line)
    for title, said in (("left out", result.left_out), ("failed", result.errors)):
        if said:
            print(f"{title}: {len(said)}, the first is {printable(said[0])}")


def table(scores: SwapScores) -> list[str]:
    """The scores in lines."""
    interval = scores.image_swap_95
    spread = "" if interval is None else f" ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"
    rows = [
        ("right with the own picture", _percent(scores.right), ""),
        ("right with another's picture", _percent(scores.right_swapped), "what chance gives this model"),
        ("right with a blank picture", _percent(scores.right_blank), ""),
        ("image swap", f"{100 * scores.image_swap:.1f} points", f"above chance{spread}"),
        ("image blank", f"{100 * scores.image_blank:.1f} points", "above a blank picture"),
        ("answers changed by a swap", _percent(scores.changed_swapped), ""),
        ("answers changed by a blank", _percent(scores.changed_blank), ""),
        ("swapped answers that follow", _percent(scores.follows), f"of {scores.num_same_question} with one question"),
        ("best constant answers", _percent(scores.chance), "right without any picture or model"),
    ]
    said = [f"{name:<30}{value:>12}  {note}".rstrip() for name, value, note in rows]
    return [f"{scores.num_rows} rows, matched by: {scores.match}", *said]


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f} %"


def _write(folder: Path, facts: dict[str, Any], result: SwapResult) -> None:
    from ..whole_files import write_whole
    from .inputs import make_folder

    make_folder(folder)
    said = {**facts, "left_out": list(result.left_out), "errors": list(result.errors)}
    said["rows"] = [row.as_json() for row in result.rows]
    write_whole(folder / SWAP, json.dumps(said, ensure_ascii=False, indent=2))


def _watch(is_quiet: bool) -> Callable[[int, int], None]:
    if is_quiet or not sys.stderr.isatty():
        return lambda done, total: None
    return lambda done, total: print(
        f"\r\033[K{done} of {total} questions{chr(10) if done == total else ''}", end="", file=sys.stderr, flush=True
    )
