"""`mindseye draw PROMPT`, and what it shares with the other verbs that end in a picture."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..params import ImageParams, TextParams
from .fields import add_options, chosen_options
from .options import Commands, add_model_options, add_system_prompt, load_model

if TYPE_CHECKING:
    from ..generation.turns import Task


def register(commands: Commands) -> None:
    parser = commands.add_parser("draw", help="draw a picture from words")
    parser.add_argument("prompt", metavar="PROMPT", help='what to draw, as in "a cat to the left of a dog"')
    add_picture_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Draw the prompt."""
    return make_pictures(args, "draw", [args.prompt], "drawing")


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    """Options of every verb that ends in a picture."""
    parser.add_argument("-o", "--output", type=Path, help="the PNG to write (default: a free name in this folder)")
    parser.add_argument("--count", type=int, default=1, help="how many pictures, with seeds that count up")
    parser.add_argument("--think", action="store_true", help="think before drawing")
    add_system_prompt(parser)
    add_options(parser.add_argument_group("drawing"), ImageParams)
    thinking = parser.add_argument_group("writing thoughts")
    add_options(thinking, TextParams)
    add_model_options(parser)


def make_pictures(args: argparse.Namespace, task: Task, items: Sequence[object], stem: str) -> int:
    """Run the request, save its pictures and say where they are."""
    from ..errors import InputError
    from .inputs import check_picture_name, free_name, make_folder
    from .show import Screen, end_facts, print_json

    if args.count < 1:
        raise InputError(f"count is {args.count}; expected 1 or more")
    if args.output:
        check_picture_name(args.output)
    else:
        make_folder(Path())
    options = chosen_options(args, ImageParams, TextParams)
    model = load_model(args)
    first = model.request(task, items, seed=args.seed, think=args.think, system_prompt=args.system_prompt, **options)
    made = []
    for number in range(args.count):
        request = model.with_seed(first, first.seed + number)
        reply = model.reply(request, Screen(args).show(model.stream(request)))
        path = (
            args.output
            if args.output and number == 0
            else free_name(args.output.stem if args.output else stem, args.output.parent if args.output else Path())
        )
        reply.save(path)
        if not args.json:
            width, height = reply.image.size
            print(f"{path}  {width} x {height}, seed {request.seed}")
        made.append(
            {
                "image": str(path),
                "seed": request.seed,
                "size_from": reply.facts["size_from"],
                "options": reply.facts["options"],
                "thought": reply.thought,
                **end_facts(reply.end),
            }
        )
    if args.json:
        print_json({"pictures": made, "model": args.model})
    return 0
