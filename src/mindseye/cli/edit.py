"""`mindseye edit IMAGE... INSTRUCTION`"""

from __future__ import annotations

import argparse

from .draw import Wanted, add_picture_options, make_pictures
from .inputs import images_then_words, stem_of
from .options import Commands


def register(commands: Commands) -> None:
    parser = commands.add_parser("edit", help="change a picture as the words say")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="the picture to change; several may be given")
    parser.add_argument("instruction", metavar="INSTRUCTION", help='what to change, as in "remove the cat"')
    add_picture_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Edit the picture."""
    given = images_then_words([*args.images, args.instruction], "instruction")
    return make_pictures(args, Wanted("edit", given, args.images, f"{stem_of(args.images[-1])}-edit"))
