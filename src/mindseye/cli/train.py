"""`mindseye train`: from a recipe to a checkpoint folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def register(commands: Any) -> None:
    """Add the verb to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "train",
        help="train a model from a recipe",
        description="Train a model from a recipe. A run that has begun is resumed by itself; Ctrl-C stops it, saved.",
    )
    parser.add_argument("recipe", type=Path, help='a recipe file, or "sample:pocket.yaml" for the pocket model\'s')
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change one option of the recipe, such as optimizer.learning_rate=0.001",
    )
    parser.add_argument(
        "--finish-in",
        type=int,
        metavar="STEPS",
        help="let the learning rate fall to zero over so many steps (1 to 10**9) from here, then export",
    )
    parser.add_argument(
        "--export",
        type=Path,
        metavar="FOLDER",
        help="write the checkpoint of the run as it stands, and do no training",
    )
    parser.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="write steps, hours, curves and the log of the run to a small JSON file, and do no training",
    )
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 when training is done or a file written, 130 when it was asked to stop before."""
    from ..errors import SettingsError
    from ..samples import resolve
    from ..settings import load_settings
    from ..training.recipe import Recipe
    from ..training.record import log, write_record
    from ..training.resume import has_state
    from ..training.run import prepare, train

    recipe = load_settings(Recipe, resolve(arguments.recipe), arguments.set)
    folder = Path(recipe.run_folder)

    def say(line: str) -> None:
        print(line, flush=True)
        log(folder, line)

    if arguments.record is not None:
        write_record(folder, arguments.record)
        return 0
    if arguments.export is not None:
        if not has_state(folder):
            raise SettingsError(f"the run in {recipe.run_folder} has not begun, so there is nothing to export")
        prepare(recipe, print).export(arguments.export)
        return 0
    if train(recipe, say, arguments.finish_in):
        return 0
    say(f"stopped; the run is saved in {recipe.run_folder}, and the same command goes on with it")
    return 130
