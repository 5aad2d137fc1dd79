"""`mindseye samples`: what there is to try things with, listed or copied."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from .. import samples
from .options import Commands, add_output_options


def register(commands: Commands) -> None:
    parser = commands.add_parser(
        "samples",
        help="list or copy pictures, recipes and a recorded folder to try things with",
        description='List the samples, or copy them into a folder. "sample:NAME" works wherever a picture, a recipe '
        "or a recorded folder is asked for, without any copy.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones (default: all)")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="copy them there")
    add_output_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """A line a sample."""
    from .show import print_json

    names = [name.removeprefix(samples.PREFIX) for name in args.names] or list(samples.SHOWS)
    paths = {name: samples.path_of(name) for name in names}
    if args.output:
        paths = {name: copy(path, args.output / path_name(name, path)) for name, path in paths.items()}
    if args.json:
        print_json({name: {"path": str(path), "shows": samples.SHOWS[name]} for name, path in paths.items()})
        return 0
    for name, path in paths.items():
        print(path if args.output else f"{samples.PREFIX + name:<24} {samples.SHOWS[name]}")
    return 0


def path_name(name: str, path: Path) -> str:
    """What the copy of a sample is called."""
    return name if path.is_dir() else path.name


def copy(source: Path, target: Path) -> Path:
    """A copy of a file or a folder; InputError where nothing can be written."""
    from ..errors import InputError
    from ..whole_files import whole_file
    from .inputs import make_folder

    make_folder(target.parent)
    try:
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            with whole_file(target) as unfinished:
                shutil.copyfile(source, unfinished)
    except (OSError, shutil.Error) as error:
        said = getattr(error, "strerror", None) or "some files could not be copied"
        raise InputError(f"{target} cannot be written: {said}") from error
    return target
