"""`mindseye batch ROWS`: answers every row of JSONL or Parquet files into a folder that can be resumed."""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..params import ImageParams, TextParams
from ..printable import printable
from .fields import add_options, chosen_options
from .options import Commands, add_output_options, add_system_prompt, add_think

if TYPE_CHECKING:
    from ..batch.run import Outcome, RowEngine, Watch
    from ..batch.settings import BatchSettings

EXIT_STATUS_STOPPED = 130  # as after any Ctrl-C
EXIT_STATUS_ALL_FAILED = 1


def register(commands: Commands) -> None:
    parser = commands.add_parser("batch", help="answer every row of JSONL or Parquet files; resumable")
    parser.add_argument(
        "inputs", nargs="*", metavar="ROWS", help="files of rows (.jsonl, .parquet), or folders of them"
    )
    _add(parser, "input_jsonl", action="append", default=[], metavar="FILE", help="the same, as the scripts have it")
    _add(
        parser,
        "output_dir",
        type=Path,
        default=Path("outputs"),
        metavar="FOLDER",
        help="where the run's folder is made",
    )
    _add(parser, "image_root", type=Path, metavar="FOLDER", help="where pictures are looked for, last")
    _add(parser, "start_idx", type=int, default=0, metavar="N", help="first row, from 0")
    _add(parser, "end_idx", type=int, metavar="N", help="row before which to stop (default: after the last)")
    parser.add_argument("--task", default="auto", help="auto, ask, draw, edit, generate or reason (default: auto)")
    add_think(parser, "think before answering or drawing")
    _add(parser, "max_rounds", type=int, default=16, help="most texts of a trace (generate, reason)")
    _add(parser, "max_images", type=int, default=8, help="most pictures of a trace; 0 for none")
    _add(parser, "image_bias", type=float, default=0.0, help="leans the model towards drawing (generate, reason)")
    add_system_prompt(parser)
    _add_running(parser.add_argument_group("running"))
    add_options(parser.add_argument_group("drawing"), ImageParams)
    writing = parser.add_argument_group("writing")
    add_options(writing, TextParams)
    _add(writing, "do_sample", nargs="?", const="true", metavar="BOOL", help="sample words, as the scripts have it")
    _add(writing, "text_temperature", type=float, metavar="FLOAT", help="the temperature of --do_sample")
    _add_model(parser.add_argument_group("model and output"))
    parser.set_defaults(func=run)


def _add_running(group: argparse._ArgumentGroup) -> None:
    _add(group, "batch_size", default="auto", metavar="N|auto", help="rows on their way at once (default: auto)")
    _add(group, "workers", default="auto", metavar="N|auto", help="processes with a model each (default: auto)")
    group.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="go on with the newest run of --output_dir, or with this one; starts one where there is none",
    )
    _add(group, "dry_run", action="store_true", help="read all rows, say what would be done and what is wrong")
    group.add_argument("--engine", choices=("local", "ray"), default="local", help="this machine, or a Ray cluster")
    _add(group, "ray_address", metavar="ADDRESS", help="of a running Ray (default: one is started here)")
    group.add_argument("--actors", type=int, default=1, metavar="N", help="models of a Ray run (default: 1)")


def _add_model(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--model", help='"pocket", a folder or a hub id (default: pocket)')
    _add(group, "checkpoint_dir", metavar="FOLDER", help="the same, as the scripts have it")
    group.add_argument("--weights", metavar="FILE", help="name of the weight file in the folder")
    _add(group, "checkpoint_file", metavar="FILE", help="the same, as the scripts have it")
    group.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps (default: auto)")
    group.add_argument("--dtype", default="auto", help="auto, float32 or bfloat16 (default: auto)")
    _add(group, "max_mem_per_gpu", metavar="SIZE", help='most memory that is used of a GPU, as in "40GiB"')
    group.add_argument("--seed", type=int, default=0, help="each row's seed comes of it and of its id (default: 0)")
    add_output_options(group)


def _add(parser: argparse._ActionsContainer, name: str, **settings: Any) -> None:
    """An option in both spellings."""
    parser.add_argument(*dict.fromkeys((f"--{name.replace('_', '-')}", f"--{name}")), dest=name, **settings)


def run(args: argparse.Namespace) -> int:
    """Answer all rows; prints the counts and the folder."""
    settings = settings_from(args)
    if args.dry_run:
        return _dry_run(args, settings)
    _limit_gpu(args.max_mem_per_gpu)
    from ..batch.run import check_resume, check_rows
    from ..batch.run import run as run_batch
    from .batch_progress import Progress

    check_rows(settings)
    check_resume(settings, args.resume)
    with closing(_engine(args, settings)) as engine, stop_at_ctrl_c(args.quiet) as is_stopped:
        for note in () if args.quiet else engine.notes:
            print(f"note: {note}", file=sys.stderr)
        with Progress(settings, args.quiet) as progress:
            watch: Watch = progress.watch
            outcome = run_batch(settings, engine, args.resume, watch, is_stopped)
    _print_outcome(outcome, args.json)
    if not outcome.is_finished:
        return EXIT_STATUS_STOPPED
    counts = outcome.summary["counts"]
    return EXIT_STATUS_ALL_FAILED if counts["total"] == counts["failed"] > 0 else 0


def settings_from(args: argparse.Namespace) -> BatchSettings:
    """The settings that the options say; InputError where they contradict each other."""
    from ..batch.settings import BatchSettings, ModelChoice, RowSettings
    from ..errors import InputError
    from ..inputs.rows import find_files

    names = [*args.inputs, *args.input_jsonl]
    if not names:
        raise InputError("no rows were named; expected files such as rows.jsonl, or --input_jsonl rows.jsonl")
    options = chosen_options(args, ImageParams, TextParams)
    options |= _sampling(args, options)
    if options != chosen_options(args, ImageParams, TextParams):
        TextParams(temperature=options["temperature"])
    rows = RowSettings(
        args.task, args.seed, args.think, args.system_prompt, args.max_rounds, args.max_images, args.image_bias, options
    )
    model = ModelChoice(
        _one_of(args, "model", "checkpoint_dir") or "pocket",
        _one_of(args, "weights", "checkpoint_file"),
        args.device,
        args.dtype,
    )
    return BatchSettings(
        tuple(find_files(names)),
        args.output_dir,
        model,
        rows,
        args.start_idx,
        args.end_idx,
        args.image_root,
        _number_or_auto("batch_size", args.batch_size),
        _number_or_auto("workers", args.workers),
    )


def _one_of(args: argparse.Namespace, ours: str, theirs: str) -> str | None:
    from ..errors import InputError

    first, second = getattr(args, ours), getattr(args, theirs)
    if first and second and first != second:
        raise InputError(f'--{ours} is "{first}" and --{theirs} "{second}"; give one of them')
    return first or second


def _sampling(args: argparse.Namespace, options: dict[str, Any]) -> dict[str, Any]:
    """--do_sample and --text_temperature as the scripts mean them: without --do_sample the likeliest word is taken."""
    from ..errors import InputError

    if args.do_sample is None and args.text_temperature is None:
        return {}
    if "temperature" in options:
        raise InputError("--temperature came with --do_sample or --text_temperature; give --temperature alone")
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, None: False}
    said = args.do_sample.lower() if args.do_sample else None
    if said not in words:
        raise InputError(f'--do_sample is "{args.do_sample}"; expected true or false')
    if not words[said]:
        if args.text_temperature and not args.quiet:
            print("note: --text_temperature does nothing without --do_sample, as in the scripts", file=sys.stderr)
        return {"temperature": 0.0}
    return {"temperature": 0.3 if args.text_temperature is None else args.text_temperature}


def _number_or_auto(name: str, said: str) -> int | None:
    from ..errors import InputError

    if said == "auto":
        return None
    if not re.fullmatch(r"\d+", said):
        raise InputError(f'--{name} is "{said}"; expected a whole number, or auto')
    return int(said)


def _limit_gpu(size: str | None) -> None:
    """Keep torch below so much of each GPU's memory."""
    from ..errors import InputError

    if size is None:
        return
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(GiB|GB|MiB|MB|G|M)", size, re.IGNORECASE)
    if not match:
        raise InputError(f'--max_mem_per_gpu is "{size}"; expected a size such as 40GiB')
    import torch

    unit = {"gib": 2**30, "g": 2**30, "gb": 10**9, "mib": 2**20, "m": 2**20, "mb": 10**6}[match[2].lower()]
    wanted = float(match[1]) * unit
    for number in range(torch.cuda.device_count()):
        total = torch.cuda.get_device_properties(number).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, wanted / total), number)


def _engine(args: argparse.Namespace, settings: BatchSettings) -> RowEngine:
    if args.engine == "ray":
        from ..batch.ray_engine import RayEngine

        return RayEngine(settings, args.actors, args.ray_address)
    return local_engine(settings)


def local_engine(settings: BatchSettings) -> RowEngine:
    """A model in this process, or several in processes of their own where that is faster."""
    from ..batch.local import LocalEngine
    from ..batch.workers import WorkerEngine, workers_for

    num_workers = workers_for(settings)
    return WorkerEngine(settings, num_workers) if num_workers > 1 else LocalEngine(settings)


def _dry_run(args: argparse.Namespace, settings: BatchSettings) -> int:
    from ..batch.actor import ActorPlan, load_model
    from ..batch.dry_run import look_through
    from .show import print_json

    found = look_through(settings, load_model(ActorPlan.of(settings)))
    if args.json:
        print_json(found.as_json())
        return 0
    print(f"{found.num_rows} rows: {', '.join(f'{count} {task}' for task, count in found.tasks.items()) or 'none'}")
    for sample_id, reason in found.wrong:
        print(f"  row {sample_id}: {reason}")
    print(f"{found.num_wrong} rows would fail, {found.num_rows - found.num_wrong} would be answered")
    if found.seconds is not None:
        tried = f"by {found.num_timed} rows that were tried and thrown away"
        print(f"about {_duration(found.seconds)} with one process, {tried}")
    return 0


def _print_outcome(outcome: Outcome, is_json: bool) -> None:
    from ..batch.results import read_results

    summary, counts = outcome.summary, outcome.summary["counts"]
    if is_json:
        print(json.dumps({"folder": str(outcome.folder.path), **summary}, ensure_ascii=False, indent=2, default=str))
        return
    session = summary["sessions"][-1]
    speed = session["throughput"]["rows_per_second"]
    print(f"{counts['total']} rows, {counts['failed']} failed, {counts['images']} pictures")
    print(f"{session['rows']} rows in {_duration(session['seconds'])} ({speed:.2f} a second)")
    print(outcome.folder.path)
    if counts["failed"]:
        line = next(line for line in read_results(outcome.folder.results) if "error" in line)
        reason = printable(str(line["error"]))
        print(
            f"row {printable(str(line['sample_id']))} failed: {reason} (results.jsonl has all reasons)", file=sys.stderr
        )
    if not outcome.is_finished:
        print("stopped before the last row; the same command with --resume goes on", file=sys.stderr)


@contextmanager
def stop_at_ctrl_c(is_quiet: bool) -> Iterator[Callable[[], bool]]:
    """The first Ctrl-C or SIGTERM lets the rows on their way end, the second stops at once."""
    asked: list[int] = []

    def stop(number: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        if not is_quiet:
            print("\nfinishing the rows on their way; once more stops at once", file=sys.stderr, flush=True)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _duration(seconds: float) -> str:
    """ "3 h 12 min", "4 min 5 s", "2.1 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
