"""`mindseye check-drawing`: will this checkpoint draw, and if not, why?"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from ..params import ImageParams, check_seed
from .options import Commands, add_model_options, load_model


def register(commands: Commands) -> None:
    parser = commands.add_parser("check-drawing", help="tell whether a checkpoint will draw, and if not, why")
    parser.add_argument("--prompt", default="Draw a red apple.", help="a typical prompt (default: %(default)s)")
    parser.add_argument(
        "--size", type=int, default=64, metavar="PIXELS", help="side of the pictures, 1 to 16384 (default: 64)"
    )
    parser.add_argument("--num-timesteps", type=int, default=6, help="points of the schedule, 2 to 10000 (default: 6)")
    add_model_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """A line a finding and one of advice; 0 if it can draw."""
    from rich.console import Console
    from rich.table import Table

    from ..evaluation.drawing_check import check_drawing
    from .show import print_json

    if args.seed is not None:
        check_seed(args.seed)
    ImageParams(width=args.size, height=args.size, num_timesteps=args.num_timesteps)  # complain before loading
    check = check_drawing(load_model(args), args.prompt, args.num_timesteps, args.size)
    can_draw = all(finding.is_well for finding in check.findings if "opening" not in finding.what)
    if args.json:
        print_json({"findings": [asdict(finding) for finding in check.findings], "advice": check.advice})
        return 0 if can_draw else 1
    table = Table("looked at", "", "found")
    for finding in check.findings:
        table.add_row(finding.what, "yes" if finding.is_well else "no", finding.said)
    Console().print(table)
    print(check.advice)
    return 0 if can_draw else 1
