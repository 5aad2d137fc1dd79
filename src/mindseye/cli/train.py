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
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 when training is done or the export written, 130 when it was asked to stop before."""
    from ..errors import SettingsError
    from ..samples import resolve
    from ..settings import load_settings
    from ..training.recipe import Recipe
    from ..training.resume import has_state
    from ..training.run import prepare, train

    path = resolve(arguments.recipe)
    if is_graft(path):
        from ..training.graft_recipe import GraftRecipe
        from ..training.graft_run import train_graft

        if arguments.finish_in is not None or arguments.export is not None:
            raise SettingsError("--finish-in and --export are for recipes of a pictured world; set a stage's num_steps")
        grafted = load_settings(GraftRecipe, path, arguments.set)
        return told(train_graft(grafted, say), grafted.run_folder)
    recipe = load_settings(Recipe, path, arguments.set)
    if arguments.export is not None:
        if not has_state(Path(recipe.run_folder)):
            raise SettingsError(f"the run in {recipe.run_folder} has not begun, so there is nothing to export")
        prepare(recipe, say).export(arguments.export)
        return 0
    return told(train(recipe, say, arguments.finish_in), recipe.run_folder)


def told(is_done: bool, run_folder: str) -> int:
    """The exit status; says where a run that was stopped goes on."""
    if is_done:
        return 0
    say(f"stopped; the run is saved in {run_folder}, and the same command goes on with it")
    return 130


def is_graft(path: Path) -> bool:
    """Whether a recipe is one for a language model that gets eyes: it has a group `graft`."""
    try:
        return any(line.startswith("graft:") for line in path.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError):
        return False  # said by who reads it


def say(line: str) -> None:
    print(line, flush=True)
