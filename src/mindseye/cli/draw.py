"""`mindseye draw PROMPT`, and what it shares with the other verbs that end in a picture."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..params import ImageParams, TextParams
from .fields import add_options, chosen_options
from .options import Commands, add_model_options, add_system_prompt, add_think, check_request, load_model
from .saving import add_outlet_options

if TYPE_CHECKING:
    from ..generation.turns import Request, Task
    from ..model import Reply
    from .saving import Outlet

MOST_PICTURES = 10_000


def register(commands: Commands) -> None:
    parser = commands.add_parser("draw", help="draw a picture from words")
    parser.add_argument(
        "prompt", metavar="PROMPT", help='what to draw, as in "a cat to the left of a dog"; "-" reads standard input'
    )
    add_picture_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Draw the prompt."""
    from .inputs import words_given

    return make_pictures(args, Wanted("draw", (words_given(args.prompt, "prompt"),), (), "drawing"))


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    """Options of every verb that ends in a picture."""
    parser.add_argument(
        "-o", "--output", type=Path, help='the PNG to write, or "-" for standard output (default: a free name here)'
    )
    parser.add_argument(
        "--count", type=int, default=1, help=f"how many pictures, with seeds that count up (1 to {MOST_PICTURES})"
    )
    add_outlet_options(parser)
    add_think(parser, "think before drawing")
    add_system_prompt(parser)
    add_options(parser.add_argument_group("drawing"), ImageParams)
    thinking = parser.add_argument_group("writing thoughts")
    add_options(thinking, TextParams)
    add_model_options(parser)


@dataclass(frozen=True)
class Wanted:
    """A picture that is wanted: from which items, what the images among them were called, and a stem for its name."""

    task: Task
    items: Sequence[Any]
    names: Sequence[str]
    stem: str


def make_pictures(args: argparse.Namespace, wanted: Wanted) -> int:
    """Run the request, save its pictures and say where they are."""
    from .inputs import PIPE
    from .notes import note_unknown
    from .saving import Outlet, image_facts, request_facts
    from .show import Screen, print_json

    check_outputs(args)
    options = chosen_options(args, ImageParams, TextParams)
    check_request(args, wanted.task, wanted.items, args.count)
    outlet = Outlet.of(args)
    model = load_model(args)
    first = model.request(
        wanted.task, wanted.items, seed=args.seed, think=args.think, system_prompt=args.system_prompt, **options
    )
    outlet = outlet.telling(request_facts(first, image_facts(wanted.names, wanted.items)))
    made: list[dict[str, Any]] = []
    is_piped = str(args.output) == PIPE
    try:
        for number in range(args.count):
            request = model.with_seed(first, first.seed + number)
            screen = Screen(args, echo_text=not is_piped)
            reply = model.reply(request, screen.show(model.stream(request)))
            path = save(args, wanted.stem, number, reply, outlet)
            if not args.json:
                width, height = reply.image.size
                stream = sys.stderr if is_piped else sys.stdout
                if not (is_piped and args.quiet):
                    print(f"{path}  {width} x {height}, seed {request.seed}", file=stream, flush=True)
            made.append(told(path, request, reply))
        note_unknown(args, wanted.items)
    finally:
        if args.json and (made or not sys.exc_info()[0]):
            print_json({"pictures": made, "model": args.model})
    return 0


def check_outputs(args: argparse.Namespace) -> None:
    """Raise InputError when there is nowhere to put what was asked for."""
    from ..errors import InputError
    from .inputs import PIPE, check_picture_name, make_folder

    if not 1 <= args.count <= MOST_PICTURES:
        raise InputError(f"count is {args.count}; expected 1 to {MOST_PICTURES}")
    if str(args.output) == PIPE:
        if args.json or args.count > 1:
            raise InputError('--output "-" sends one picture to standard output; ask for neither --json nor --count')
        if sys.stdout.isatty():
            raise InputError('--output "-" sends a picture to a pipe or a file; in a terminal, --show shows it')
    elif args.output:
        check_picture_name(args.output)
    else:
        make_folder(Path())


def save(args: argparse.Namespace, stem: str, number: int, reply: Reply, outlet: Outlet) -> Path:
    """The file of one of the pictures."""
    from .inputs import free_name

    if args.output and number == 0:
        path = args.output
    elif args.output:
        path = free_name(args.output.stem, args.output.parent)
    else:
        path = free_name(stem)
    return outlet.keep(reply.image, path, reply.facts)


def told(path: Path, request: Request, reply: Reply) -> dict[str, Any]:
    """One picture as JSON."""
    from .show import end_facts

    return {
        "image": str(path),
        "seed": request.seed,
        "size_from": reply.facts["size_from"],
        "options": reply.facts["options"],
        "thought": reply.thought,
        **end_facts(reply.end),
    }
