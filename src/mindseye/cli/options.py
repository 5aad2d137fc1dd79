"""Options that every verb with a model has."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..params import check_seed
from ..printable import printable

if TYPE_CHECKING:
    from ..generation.turns import Task
    from ..model import Model

Commands = Any  # argparse keeps the type of its subparsers to itself


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """--model, --device, --dtype, --seed, --json, --quiet."""
    group = parser.add_argument_group("model and output")
    group.add_argument("--model", default="pocket", help='"pocket", a folder or a hub id (default: pocket)')
    group.add_argument("--weights", default=None, metavar="FILE", help="name of the weight file in the folder")
    group.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps (default: auto)")
    group.add_argument("--dtype", default="auto", help="auto, float32 or bfloat16 (default: auto)")
    group.add_argument(
        "--seed", type=int, default=None, help="0 to 2**63 - 1; the same gives the same answer (default: by chance)"
    )
    add_output_options(group)


def add_system_prompt(parser: argparse.ArgumentParser) -> None:
    """--system-prompt NAME, TEXT or none."""
    parser.add_argument(
        "--system-prompt",
        metavar="NAME|TEXT|none",
        help="said first: think_answer, think_draw, unified, interleaved, or words of your own",
    )


def add_think(parser: argparse._ActionsContainer, help: str) -> None:
    """--think and --no-think; None where neither is said."""
    told = f"{help}, or not (default: as the model recommends)"
    parser.add_argument("--think", action=argparse.BooleanOptionalAction, default=None, help=told)


def add_output_options(parser: argparse._ActionsContainer) -> None:
    """--json and --quiet."""
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def load_model(args: argparse.Namespace, understanding_only: bool = False) -> Model:
    """The model that the options name; a size that it cannot draw is found before its weights are read."""
    from ..loading import load

    if getattr(args, "width", None) and getattr(args, "height", None):
        from ..checkpoints.load import open_checkpoint
        from ..generation.prepare import check_drawing_size

        opened = open_checkpoint(args.model, args.weights, understanding_only)
        grid = opened.family.latents(opened.found.config)
        if grid is None:
            raise InputError(f"{args.model} is a {opened.family.name} model, which does not draw")
        check_drawing_size(args.width, args.height, grid)
    model = load(
        args.model,
        device=args.device,
        dtype=args.dtype,
        weights_name=args.weights,
        understanding_only=understanding_only,
    )
    if not args.quiet:
        for note in model.notes:
            print(f"note: {printable(note)}", file=sys.stderr)
    return model


def check_request(args: argparse.Namespace, task: Task, items: Sequence[object], count: int = 1) -> None:
    """Raise InputError for a request that no model could answer, before one is loaded."""
    if args.seed is not None:
        check_seed(args.seed)
        check_seed(args.seed + count - 1)
    width, height = getattr(args, "width", None), getattr(args, "height", None)
    if (width is None) != (height is None):
        raise InputError(f"only the {'width' if width else 'height'} was given; give width and height, or neither")
    from ..generation.turns import Request
    from ..inputs.items import as_items

    Request(task, as_items(items))
