"""`mindseye words`: what one can say to the pocket model."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING, Any

from .options import Commands, add_output_options

if TYPE_CHECKING:
    from ..worlds.lexicon import Lexicon

LANGUAGES = ("en", "zh")
TITLES = {
    "ask": "ask IMAGE ...",
    "draw": "draw ...",
    "edit": "edit IMAGE ...",
    "imagine": "imagine IMAGE ...",
    "reason": "reason IMAGE ...",
}
WIDTH = 100  # columns


def register(commands: Commands) -> None:
    parser = commands.add_parser(
        "words",
        help="show what one can say to the pocket model: things, colours, places, sentences",
        description="Show the things, colours, places, actions and sentences that the pocket model knows.",
    )
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="en or zh (default: en)")
    parser.add_argument(
        "--world", help="of another world: town or corners (default: the one that the pocket model knows)"
    )
    add_output_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Things first, then a sentence of every form."""
    from ..checkpoints.defaults import Defaults
    from ..checkpoints.locate import find_folder
    from ..worlds.world import DEFAULT_WORLD, world_called
    from .show import print_json

    world = world_called(args.world or Defaults.from_folder(find_folder("pocket")).world or DEFAULT_WORLD)
    facts = known(world.lexicon, args.language)
    if args.json:
        print_json(facts)
        return 0
    print(textwrap.fill(world.lexicon.introduction, WIDTH))
    print("\nthings")
    for kind, names in facts["things"].items():
        _row(kind, names)
    print("\nand how they are")
    for title in world.lexicon.traits(args.language):
        _row(title, facts[title])
    for verb, sentences in facts["sentences"].items():
        print(f"\n{TITLES[verb]}")
        _row("", sentences, "; ")
    return 0


def known(lexicon: Lexicon, language: str) -> dict[str, Any]:
    """Names by kind, traits, and sentences by verb."""
    side = LANGUAGES.index(language)
    return {
        "things": {kind: [names[side] for names in pairs] for kind, pairs in lexicon.things().items()},
        **lexicon.traits(language),
        "sentences": {verb: lexicon.sentences(verb, language) for verb in TITLES},
    }


def _row(title: str, words: list[str], between: str = ", ") -> None:
    start = f"  {title:<10} "
    print(textwrap.fill(between.join(words), WIDTH, initial_indent=start, subsequent_indent=" " * len(start)))
