"""`mindseye generate TEXT/IMAGE...`: an answer of texts and pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..params import ImageParams, TextParams
from .fields import add_options, chosen_options
from .options import Commands, add_model_options, add_system_prompt, load_model

if TYPE_CHECKING:
    from ..model import Reply

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
    from .show import Screen, end_facts, print_json

    caps: dict[str, Any] = {"max_rounds": args.max_rounds, "max_images": args.max_images}
    if args.pattern:
        caps["patterns"] = tuple(args.pattern)
    policy = WhenToDraw(args.when_to_draw, args.image_bias, write_first=not args.no_text_first, **caps)
    model = load_model(args)
    items = [text_or_image(word) for word in args.items]
    options = chosen_options(args, ImageParams, TextParams)
    request = model.request(
        "generate",
        items,
        when_to_draw=policy,
        seed=args.seed,
        think=args.think,
        system_prompt=args.system_prompt,
        **options,
    )
    reply = model.reply(request, Screen(args).show(model.stream(request)))
    parts = save_parts(reply, args.output, quiet=args.json)
    if args.json:
        print_json({"parts": parts, "seed": request.seed, "model": args.model, **end_facts(reply.end)})
    return 0


def text_or_image(word: str) -> str | Path:
    """A word that names an image file is an image; anything else is text."""
    is_name = word.lower().endswith((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"))
    return Path(word) if (is_name and " " not in word.strip()) or Path(word).is_file() else word


def save_parts(reply: Reply, folder: Path, quiet: bool) -> list[dict[str, str]]:
    """Save the pictures of a reply and say why each was drawn."""
    from ..events import ImageDone
    from ..pictures import save_png
    from .show import free_name

    reasons = iter(event.why for event in reply.events if isinstance(event, ImageDone))
    parts: list[dict[str, str]] = []
    for part in reply.parts:
        if isinstance(part, str):
            parts.append({"text": part})
            continue
        path, why = free_name("picture", folder), next(reasons)
        save_png(part, path, reply.facts)
        parts.append({"image": str(path), "why": why})
        if not quiet:
            print(f"{path}  ({why})")
    return parts
