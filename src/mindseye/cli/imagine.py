"""`mindseye imagine IMAGE ACTION`"""

from __future__ import annotations

import argparse

from .draw import Wanted, add_picture_options, make_pictures
from .inputs import images_then_words, stem_of
from .options import Commands


def register(commands: Commands) -> None:
    parser = commands.add_parser("imagine", help="draw what would be seen after an action")
    parser.add_argument("image", metavar="IMAGE", help="what is seen now")
    parser.add_argument("action", metavar="ACTION", help='what is done, as in "push the cat to the right"')
    add_picture_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Draw what would be seen next."""
    given = images_then_words([args.image, args.action], "action")
    return make_pictures(args, Wanted("edit", given, [args.image], f"{stem_of(args.image)}-next"))
