"""`mindseye generate TEXT/IMAGE...`: an answer of texts and pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..params import ImageParams, TextParams
from .fields import add_options, chosen_options
from .inputs import PIPE, free_name, is_file, looks_like_image, make_folder, open_given
from .options import Commands, add_model_options, add_system_prompt, add_think, check_request, load_model
from .saving import add_outlet_options

if TYPE_CHECKING:
    from ..messages import Image

POLICIES = ("model", "force", "marks", "rule", "never")


def register(commands: Commands) -> None:
    parser = commands.add_parser("generate", help="answer with texts and pictures in any order")
    parser.add_argument(
        "items",
        nargs="+",
        metavar="TEXT/IMAGE",
        help='texts, and names of image files ("-" for standard input), in any order',
    )
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder for the pictures (default: here)")
    parser.add_argument("--when-to-draw", choices=POLICIES, default="model", help="who decides about pictures")
    parser.add_argument("--image-bias", type=float, default=0.0, help="leans the model towards drawing (-1e9 to 1e9)")
    parser.add_argument("--max-rounds", type=int, default=16, help="most texts of the answer (1 to 1000)")
    parser.add_argument("--max-images", type=int, default=8, help="most pictures of the answer (0 to 1000)")
    parser.add_argument("--pattern", action="append", metavar="REGEX", help="what calls for a picture (policy rule)")
    parser.add_argument("--no-text-first", action="store_true", help="draw at once (policy force)")
    add_think(parser, "think first")
    add_outlet_options(parser)
    add_system_prompt(parser)
    add_options(parser.add_argument_group("drawing"), ImageParams)
    add_options(parser.add_argument_group("writing"), TextParams)
    add_model_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the texts and save the pictures."""
    from ..errors import InputError
    from ..generation.policies import WhenToDraw, split_marks
    from ..reply import parts_of
    from .notes import note_unknown
    from .saving import Outlet, Saver, image_facts, policy_facts, request_facts
    from .show import Screen, end_facts, print_json

    caps: dict[str, Any] = {"max_rounds": args.max_rounds, "max_images": args.max_images}
    if args.pattern:
        caps["patterns"] = tuple(args.pattern)
    policy = WhenToDraw(args.when_to_draw, args.image_bias, write_first=not args.no_text_first, **caps)
    options = chosen_options(args, ImageParams, TextParams)
    if args.items.count(PIPE) > 1:
        raise InputError('"-" stands twice, but standard input can be read only once')
    items = [text_or_image(word) for word in args.items]
    if policy.kind == "marks":
        for text in [item for item in items if isinstance(item, str)]:
            split_marks(text)
    check_request(args, "generate", items)
    outlet = Outlet.of(args)
    make_folder(args.output)
    model = load_model(args)
    request = model.request(
        "generate",
        items,
        when_to_draw=policy,
        seed=args.seed,
        think=args.think,
        system_prompt=args.system_prompt,
        **options,
    )
    names = [word for word, item in zip(args.items, items) if not isinstance(item, str)]
    outlet = outlet.telling({**request_facts(request, image_facts(names, items)), **policy_facts(policy)})
    saver = Saver(model, request, lambda number: free_name("picture", args.output), outlet, is_quiet=args.json)
    screen = Screen(args, saver)
    end: dict[str, Any] = {"finish": "stopped"}
    try:
        reply = model.reply(request, screen.show(model.stream(request)))
        end = end_facts(reply.end)
        note_unknown(args, items)
    finally:
        parts = saver.parts(parts_of(screen.seen)[0])
        if args.json and parts:
            print_json({"parts": parts, "seed": request.seed, "model": args.model, **end})
    return 0


def text_or_image(word: str) -> str | Image:
    """A word that names an image file is an image; anything else is text."""
    return open_given(word) if word == PIPE or looks_like_image(word) or is_file(word) else word
