"""`mindseye train`: from a recipe to a checkpoint folder."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..training.recipe import Recipe


LARGEST_RECIPE = 1_000_000  # bytes


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
    from ..samples import resolve
    from ..settings import load_settings
    from ..training.recipe import Recipe

    path = resolve(arguments.recipe)
    if is_graft(path):
        return run_graft(arguments, path)
    return run_world(arguments, load_settings(Recipe, path, arguments.set))


def run_world(arguments: argparse.Namespace, recipe: Recipe) -> int:
    """A pocket model from a pictured world, or a file about its run."""
    from ..errors import SettingsError
    from ..training.record import write_record
    from ..training.resume import has_state
    from ..training.run import prepare, train

    folder, say = Path(recipe.run_folder), speaker(recipe.run_folder)
    if arguments.record is not None:
        write_record(folder, arguments.record)
        return 0
    if arguments.export is not None:
        if not has_state(folder):
            raise SettingsError(f"the run in {recipe.run_folder} has not begun, so there is nothing to export")
        prepare(recipe, print).export(arguments.export)
        return 0
    return told(train(recipe, say, arguments.finish_in), recipe.run_folder, say)


def run_graft(arguments: argparse.Namespace, path: Path) -> int:
    """A language model that gets eyes."""
    from ..errors import SettingsError
    from ..settings import load_settings
    from ..training.graft_recipe import GraftRecipe
    from ..training.graft_run import train_graft

    given = {"--finish-in": arguments.finish_in, "--export": arguments.export, "--record": arguments.record}
    for option, value in given.items():
        if value is not None:
            raise SettingsError(f"{option} is for recipes of a pictured world; set a stage's num_steps")
    recipe = load_settings(GraftRecipe, path, arguments.set)
    say = speaker(recipe.run_folder)
    return told(train_graft(recipe, say), recipe.run_folder, say)


def speaker(run_folder: str) -> Callable[[str], None]:
    """Prints what a run says and writes it to the log in its folder."""
    from ..training.record import log

    def say(line: str) -> None:
        print(line, flush=True)
        log(Path(run_folder), line)

    return say


def told(is_done: bool, run_folder: str, say: Callable[[str], None]) -> int:
    """The exit status; says where a run that was stopped goes on."""
    if is_done:
        return 0
    say(f"stopped; the run is saved in {run_folder}, and the same command goes on with it")
    return 130


def is_graft(path: Path) -> bool:
    """Whether a recipe is one for a language model that gets eyes: it has a group `graft`."""
    from ..errors import MindseyeError
    from ..given_files import read_given

    try:
        text = read_given(path, LARGEST_RECIPE).decode("utf-8")
    except (OSError, ValueError, MindseyeError):
        return False  # said by who reads it
    return any(line.startswith("graft:") for line in text.splitlines())
