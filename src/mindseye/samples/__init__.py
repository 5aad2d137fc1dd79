"""What there is to try things with: pictures of the world that the pocket model knows, recipes, a recorded folder.

`sample:NAME` stands for any of it wherever the command line takes a picture, a recipe or a folder, and wherever Python
takes a path. The pictures are drawn from Noto Emoji (Google Inc., Apache-2.0); see CREDITS.md beside them.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError, nearest

FOLDER = Path(__file__).parent
PREFIX = "sample:"
NAMES: tuple[str, ...] = (
    "animals",
    "panda-apple",
    "cat-dog",
    "fruit-duck",
    "small-car",
    "small-cat",
    "astronaut-rocket",
    "vase",
    "street",
    "dress",
)
"""The pictures."""
RECIPES: tuple[str, ...] = ("quick.yaml", "pocket.yaml", "corners.yaml", "smol.yaml", "photo.yaml", "contrast.yaml")
RECORDED = "recorded"
"""A folder of recorded outputs of the reference implementation."""
PUZZLES = "puzzles"
"""A folder of rows for batch runs, with their pictures."""
FOLDERS = {RECORDED: "tests/golden/tiny", PUZZLES: "examples/batch"}
"""Where the folders lie in a checkout of the source."""
SHOWS = {
    "animals": "a cat, a dog and a banana on yellow",
    "panda-apple": "a panda and an apple on blue",
    "cat-dog": "a cat and a dog on white",
    "fruit-duck": "a strawberry, a banana, a duck and a pear on yellow",
    "small-car": "a car in the middle on green",
    "small-cat": "a cat in the middle on blue",
    "astronaut-rocket": "an astronaut and a rocket on purple",
    "vase": "a vase on a table with a cloth",
    "street": "a street with a bus ahead, a tree and a dog",
    "dress": "a red dotted dress on white",
    "quick.yaml": "a recipe that runs through every stage of training in ten seconds and learns nothing",
    "pocket.yaml": "the recipe of the pocket model",
    "corners.yaml": "the recipe of a smaller pocket model: fifty icons in the corners of a picture",
    "smol.yaml": "SmolLM2 gets the pocket model's eyes and names what it sees in icon scenes",
    "photo.yaml": "SmolLM2 gets EfficientNet's eyes and names what is on photographs",
    "contrast.yaml": "SmolLM2 with the pocket model's eyes learns which text belongs to which picture",
    RECORDED: "recorded outputs of the reference implementation, to verify against",
    PUZZLES: "sixty puzzles with true traces and pictures, for a batch run",
}


def is_sample(word: str) -> bool:
    """Whether a word asks for a sample, of whatever name."""
    return word.startswith(PREFIX)


def path_of(name: str) -> Path:
    """The file or folder of a sample, with or without "sample:"; InputError names the nearest known one."""
    name = name.removeprefix(PREFIX)
    if name not in SHOWS:
        raise InputError(f'no sample "{name}"{nearest(name, SHOWS)}; there are {", ".join(SHOWS)}')
    if name in NAMES:
        return FOLDER / f"{name}.png"
    if name in FOLDERS:
        return _shipped(name, FOLDERS[name])
    return _shipped(f"recipes/{name}")


def resolve(word: str | Path) -> Path:
    """The path that a word stands for: a sample's, or its own."""
    return path_of(str(word)) if is_sample(str(word)) else Path(word)


def _shipped(inside: str, in_source: str | None = None) -> Path:
    """A file that lies beside this one in an installed package, and elsewhere in a checkout of the source."""
    installed = FOLDER / inside
    found = installed if installed.exists() else FOLDER.parents[2] / (in_source or inside)
    if not found.exists():
        raise InputError(f"this installation has no {inside} ({installed} is missing): install mindseye again")
    return found
