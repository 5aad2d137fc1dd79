"""`mindseye ask IMAGE... QUESTION`"""

from __future__ import annotations

import argparse

from ..params import TextParams
from .fields import add_options, chosen_options
from .inputs import images_then_words
from .options import Commands, add_model_options, add_system_prompt, add_think, check_request, load_model


def register(commands: Commands) -> None:
    parser = commands.add_parser("ask", help="answer a question about images, or about nothing but words")
    parser.add_argument(
        "said",
        nargs="+",
        metavar="IMAGE... QUESTION",
        help='image files ("-" for standard input, "sample:NAME" for a sample), then the question',
    )
    add_think(parser, "think before answering")
    add_system_prompt(parser)
    add_options(parser.add_argument_group("writing"), TextParams)
    add_model_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the answer."""
    from .notes import note_unknown
    from .show import Screen, end_facts, print_json

    options = chosen_options(args, TextParams)
    items = images_then_words(args.said, "question")
    check_request(args, "ask", items)
    model = load_model(args, understanding_only=True)  # half of a model, and all that words need
    request = model.request("ask", items, seed=args.seed, think=args.think, system_prompt=args.system_prompt, **options)
    reply = model.reply(request, Screen(args).show(model.stream(request)))
    note_unknown(args, items)
    if args.json:
        facts = {"text": reply.text, "thought": reply.thought, "seed": request.seed, "model": args.model}
        print_json({**facts, **end_facts(reply.end)})
    return 0
