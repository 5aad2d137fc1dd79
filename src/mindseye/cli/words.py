"""`mindseye words`: what one can say to the pocket model."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from .options import Commands, add_output_options

LANGUAGES = ("en", "zh")
TITLES = {
    "ask": "ask IMAGE ...",
    "draw": "draw ...",
    "edit": "edit IMAGE ...",
    "imagine": "imagine IMAGE ...",
    "reason": "reason IMAGE ...",
}
WIDTH = 100  # columns
KNOWS = (
    "The pocket model knows this small world and nothing else: up to four big or small things in the corners of a "
    "picture, or one in the middle, on a plain background. Other models know other things."
)


def register(commands: Commands) -> None:
    parser = commands.add_parser(
        "words",
        help="show what one can say to the pocket model: things, colours, places, sentences",
        description="Show the things, colours, places, actions and sentences that the pocket model knows.",
    )
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="en or zh (default: en)")
    add_output_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Things first, then a sentence of every form."""
    from .show import print_json

    facts = known(args.language)
    if args.json:
        print_json(facts)
        return 0
    print(textwrap.fill(KNOWS, WIDTH))
    print("\nthings")
    for kind, names in facts["things"].items():
        _row(kind, names)
    print("\nand how they are")
    for title in ("sizes", "places", "colours", "numbers"):
        _row(title, facts[title])
    for verb, sentences in facts["sentences"].items():
        print(f"\n{TITLES[verb]}")
        _row("", sentences, "; ")
    return 0


def known(language: str) -> dict[str, Any]:
    """Names by kind, sizes, places, colours, numbers, and sentences by verb."""
    from ..worlds import lexicon
    from ..worlds.language import COLOUR_WORDS, NUMBERS, PLACE_WORDS

    side = LANGUAGES.index(language)
    pick = (lambda table: list(table.values())) if side else list
    return {
        "things": {kind: [names[side] for names in pairs] for kind, pairs in lexicon.things().items()},
        "sizes": [("big", "small"), ("大", "小")][side],
        "places": pick(PLACE_WORDS),
        "colours": pick(COLOUR_WORDS),
        "numbers": NUMBERS[language][1:],
        "sentences": {verb: lexicon.sentences(verb, language) for verb in lexicon.VERBS},
    }


def _row(title: str, words: list[str], between: str = ", ") -> None:
    start = f"  {title:<10} "
    print(textwrap.fill(between.join(words), WIDTH, initial_indent=start, subsequent_indent=" " * len(start)))
