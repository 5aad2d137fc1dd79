"""`mindseye verify FOLDER`: replay a recorded folder and compare."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from ..samples import resolve
from .options import Commands, add_output_options


def register(commands: Commands) -> None:
    parser = commands.add_parser("verify", help="compare with recorded outputs of the reference implementation")
    parser.add_argument(
        "folder",
        type=Path,
        help='a recorded folder: cases.json, expected.safetensors, checkpoint/; or "sample:recorded"',
    )
    parser.add_argument("--device", default="cpu", help="where to compute (default: cpu)")
    add_output_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print a line a case; 0 only if all agree."""
    from rich.console import Console
    from rich.table import Table

    from ..checkpoints.load import load
    from ..evaluation.golden import Recording, compare_training, replay_all, worst_by_case
    from ..networks.unified import UnifiedModel
    from ..training.replay import replay_train_case
    from .show import print_json

    folder = resolve(args.folder)
    recording = Recording.open(folder)
    model = load(str(folder / "checkpoint"), device=args.device, dtype="float32")
    checks = [*replay_all(model, recording)]
    if "train" in recording.cases:
        assert model.vae is not None and isinstance(model.network, UnifiedModel)
        found = replay_train_case(model.network, model.vae, model.tokenizer, recording.tensors, recording.said)
        checks += compare_training(recording, found)
    rows = worst_by_case(checks)
    agrees = bool(rows) and all(row.agrees for row in rows)
    if args.json:
        cases = [{**asdict(row), "agrees": row.agrees} for row in rows]
        print_json({"folder": str(args.folder), "agrees": agrees, "cases": cases})
        return 0 if agrees else 1
    table = Table("case", "largest relative error", "worst in", "verdict")
    for row in rows:
        table.add_row(row.case, f"{row.error:.1e}", row.what, "agrees" if row.agrees else "[red]DIFFERS[/]")
    Console().print(table)
    print(f"{sum(r.agrees for r in rows)} of {len(rows)} cases agree")
    return 0 if agrees else 1
