"""`mindseye redo PICTURE`: make a picture again from the recipe inside it, with any option changed."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import samples
from ..errors import InputError
from ..params import ImageParams, TextParams
from .draw import Wanted, add_picture_options, make_pictures
from .inputs import PIPE, is_file, open_given, stem_of
from .options import Commands

if TYPE_CHECKING:
    from ..messages import Image

IMAGE_MARK = "<image>"
TASKS = ("draw", "edit")


def register(commands: Commands) -> None:
    parser = commands.add_parser(
        "redo",
        help="make a picture again from the recipe inside it, with any option changed",
        description="Make a drawing or an edit again: the same picture, or another where an option says so.",
    )
    parser.add_argument("picture", metavar="PICTURE", help="a PNG that draw, edit or imagine made")
    parser.add_argument("--prompt", metavar="WORDS", help="other words in the place of the last ones")
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="FILE",
        help="the picture that was edited, where it lies elsewhere now; once for each",
    )
    add_picture_options(parser)
    parser.set_defaults(func=run, model=None)


def run(args: argparse.Namespace) -> int:
    """Fill in what the options leave open, and draw."""
    recipe = read_recipe(args.picture)
    names = args.image or recipe.names
    if len(names) != recipe.prompt.count(IMAGE_MARK):
        raise InputError(
            f"{args.picture} was made from {recipe.prompt.count(IMAGE_MARK)} pictures, and {len(names)} are known; "
            "give each with --image FILE"
        )
    said = list(recipe.prompt)
    if args.prompt is not None:
        said[max(i for i, part in enumerate(said) if part != IMAGE_MARK)] = args.prompt
    given = iter([_opened(name, recipe, bool(args.image)) for name in names])
    items = [next(given) if part == IMAGE_MARK else part for part in said]
    fill_in(args, recipe)
    return make_pictures(args, Wanted(recipe.task, items, names, stem_of(args.picture)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Recipe:
    """How a picture was made: what was said, from which pictures, with which options."""

    task: str
    prompt: list[str]
    names: list[str]
    fingerprints: list[str]
    options: dict[str, Any]
    seed: int
    think: bool
    system_prompt: str | None
    model: str


def read_recipe(name: str) -> Recipe:
    """The recipe in a picture; InputError where there is none that can be followed.

    It may come from a stranger, so nothing in it is believed: every value is checked as if it had been typed.
    """
    from PIL import Image

    from ..pictures import read_facts

    open_given(name)  # says clearly what is wrong with the file, if anything is
    if name == PIPE:
        raise InputError('a picture on standard input is no file; give "redo" the name of one')
    with Image.open(samples.resolve(name)) as image:
        image.load()
        facts = read_facts(image)
    if facts is None:
        raise InputError(f"{name} holds no recipe: it was not made by mindseye, or its metadata was removed on the way")
    if facts.get("is_from_talk") or facts.get("task") not in TASKS:
        raise InputError(
            f"{name} was made in the course of a talk, an answer or a puzzle, not by draw, edit or imagine; ask for "
            f"the whole of that again with its seed {facts.get('seed')}"
        )
    try:
        return _recipe(facts)
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        raise InputError(f"the recipe in {name} is damaged ({error})") from error


def _recipe(facts: dict[str, Any]) -> Recipe:
    prompt = facts["prompt"]
    if not isinstance(prompt, list) or not all(isinstance(part, str) for part in prompt):
        raise ValueError("its prompt is no list of texts")
    if all(part == IMAGE_MARK for part in prompt):
        raise ValueError("its prompt has no words")
    images = facts.get("images", [])
    system_prompt, think = facts.get("system_prompt"), facts.get("think", False)
    if not isinstance(system_prompt, str | None) or not isinstance(think, bool):
        raise ValueError("its system_prompt or think is of another type")
    return Recipe(
        task=facts["task"],
        prompt=prompt,
        names=[str(image["name"]) for image in images],
        fingerprints=[str(image["sha256"]) for image in images],
        options={**_known(ImageParams, facts["options"]), **_known(TextParams, facts.get("text_options", {}))},
        seed=facts["seed"],
        think=think,
        system_prompt=system_prompt if system_prompt or not think or "system_prompt" not in facts else "none",
        model=str(facts["model"]),
    )


def _known(params: type, options: dict[str, Any]) -> dict[str, Any]:
    """The options as their class takes them; an unknown or wrong one raises InputError."""
    from ..params import replace_known

    checked = replace_known(params(), options)
    return {item.name: getattr(checked, item.name) for item in fields(params)}


def _opened(name: str, recipe: Recipe, is_given: bool) -> Image:
    """A picture that was edited; one that is no longer what it was is refused unless it was given anew."""
    from .saving import fingerprint

    if not is_given and (name == PIPE or not is_file(name)):
        what = "came through a pipe" if name == PIPE else "is no file here"
        raise InputError(f"the picture that was edited ({name}) {what}; give it with --image FILE")
    picture = open_given(name)
    if not is_given and fingerprint(picture) not in recipe.fingerprints:
        raise InputError(f"{name} is no longer the picture that was edited; if it shall be used, say --image {name}")
    return picture


def fill_in(args: argparse.Namespace, recipe: Recipe) -> None:
    """What the command line leaves open is as it was."""
    for name, value in recipe.options.items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    args.seed = recipe.seed if args.seed is None else args.seed
    if args.system_prompt is None and args.think in (None, recipe.think):  # to think or not takes another prompt
        args.system_prompt = recipe.system_prompt
    args.think = recipe.think if args.think is None else args.think
    if args.model is None:
        args.model = model_of(recipe.model)


def model_of(name: str) -> str:
    """The model of a recipe, if it is here: a picture must not make us fetch one from somewhere."""
    if name == "pocket" or Path(name).is_dir():
        return name
    raise InputError(f"the picture was made with the model {name}, which is no folder here; name it with --model")
