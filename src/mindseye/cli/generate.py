"""`mindseye generate TEXT/IMAGE...`: an answer of texts and pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..messages import Image
from ..params import ImageParams, TextParams
from .fields import add_options, chosen_options
from .inputs import IMAGE_SUFFIXES, free_name, is_file, make_folder, open_given
from .options import Commands, add_model_options, add_system_prompt, load_model

POLICIES = ("model", "force", "marks", "rule", "never")


def register(commands: Commands) -> None:
    parser = commands.add_parser("generate", help="answer with texts and pictures in any order")
    parser.add_argument("items", nargs="+", metavar="TEXT/IMAGE", help="texts, and names of image files, in any order")
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder for the pictures (default: here)")
    parser.add_argument("--when-to-draw", choices=POLICIES, default="model", help="who decides about pictures")
    parser.add_argument("--image-bias", type=float, default=0.0, help="leans the model towards drawing")
    parser.add_argument("--max-rounds", type=int, default=16, help="most texts of the answer")
    parser.add_argument("--max-images", type=int, default=8, help="most pictures of the answer")
    parser.add_argument("--pattern", action="append", metavar="REGEX", help="what calls for a picture (policy rule)")
    parser.add_argument("--no-text-first", action="store_true", help="draw at once (policy force)")
    parser.add_argument("--think", action="store_true", help="think first")
    add_system_prompt(parser)
    add_options(parser.add_argument_group("drawing"), ImageParams)
    add_options(parser.add_argument_group("writing"), TextParams)
    add_model_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the texts and save the pictures."""
    from ..generation.policies import WhenToDraw
    from .show import Saver, Screen, end_facts, print_json

    caps: dict[str, Any] = {"max_rounds": args.max_rounds, "max_images": args.max_images}
    if args.pattern:
        caps["patterns"] = tuple(args.pattern)
    policy = WhenToDraw(args.when_to_draw, args.image_bias, write_first=not args.no_text_first, **caps)
    items = [text_or_image(word) for word in args.items]
    options = chosen_options(args, ImageParams, TextParams)
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
    saver = Saver(model, request, lambda number: free_name("picture", args.output), is_quiet=args.json)
    reply = model.reply(request, Screen(args, saver).show(model.stream(request)))
    if args.json:
        print_json({"parts": saver.parts(reply), "seed": request.seed, "model": args.model, **end_facts(reply.end)})
    return 0


def text_or_image(word: str) -> str | Image:
    """A word that names an image file is an image; anything else is text."""
    is_name = word.lower().endswith(IMAGE_SUFFIXES) and " " not in word.strip()
    return open_given(word) if is_name or is_file(word) else word
