"""`mindseye world FOLDER`: draw scenes, episodes and puzzles of a pictured world with their truth."""

from __future__ import annotations

import argparse
from pathlib import Path

from .options import Commands, add_output_options


def register(commands: Commands) -> None:
    parser = commands.add_parser(
        "world",
        help="draw scenes, episodes and puzzles of the pictured world with their truth",
        description="Write pictures and JSONL rows that batch runs, fine-tuning and other models read.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to write; must be new or empty")
    parser.add_argument("--world", default="town", help="town or corners (default: town)")
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help='kinds or families, as in "physics" or "edit.add"')
    parser.add_argument("--num", type=int, default=20, help="episodes of each kind (default: 20)")
    parser.add_argument("--split", default="train", help="train, validation or test (default: train)")
    parser.add_argument("--languages", nargs="+", metavar="LANGUAGE", default=["en", "zh"], help="en, zh or both")
    parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same (default: 0)")
    parser.add_argument("--side", type=int, metavar="PX", help="side of a picture (default: the world's own)")
    add_output_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Write the folder and say what is in it."""
    from ..errors import InputError
    from ..params import check_seed
    from ..worlds.grammar import check_language
    from ..worlds.mixing import kinds_called
    from ..worlds.world import world_called
    from ..worlds.writing import PICTURES, SHEET_FILE, Wanted, write_world
    from .inputs import make_folder
    from .show import print_json

    world = world_called(args.world)
    for language in args.languages:
        check_language(language)
    kinds = kinds_called(args.kinds, world.kinds)
    if args.side is not None and not 32 <= args.side <= 1024:
        raise InputError(f"side is {args.side}; expected 32 to 1024 px")
    if args.folder.is_dir() and any(args.folder.iterdir()):
        raise InputError(f"{args.folder} is not empty; name a new folder")
    if args.num < 1:
        raise InputError(f"num is {args.num}; ask for at least 1 of each kind")
    if args.split not in world.splits:
        raise InputError(f'unknown split "{args.split}"; known: {", ".join(world.splits)}')
    check_seed(args.seed)
    make_folder(args.folder)
    wanted = Wanted(kinds, args.num, args.split, tuple(args.languages), args.seed)
    counts = write_world(world, wanted, args.folder, args.side)
    if args.json:
        print_json({"folder": str(args.folder), "rows": counts, "pictures": PICTURES, "sheet": SHEET_FILE})
        return 0
    for name, count in counts.items():
        print(f"{args.folder / name}: {count} rows")
    print(f"{args.folder / SHEET_FILE}: all pictures at a glance")
    return 0
