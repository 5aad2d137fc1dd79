"""Puzzles of the pictured world as JSONL with their true traces and pictures, for batch runs and their evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from ..errors import InputError
from .episodes import Episode
from .grammar import LANGUAGES
from .world import DEFAULT_WORLD, World, world_called

STREAM = 0x70757A7A  # sets these puzzles apart from those of training and of the judge
FOLDER = "images"
KINDS = {"corners": "reason", "town": "puzzle.pictured"}
"""What episodes of puzzles are called in each world."""
Pictures = dict[str, PIL.Image.Image]


def puzzle_rows(
    num: int, seed: int, split: str = "validation", world_name: str = DEFAULT_WORLD
) -> Iterator[tuple[dict[str, Any], Pictures]]:
    """`num` puzzles, English and Chinese in turn: each a row and its pictures by file name."""
    if num < 1:
        raise InputError(f"num is {num}; ask for at least 1 puzzle")
    world = world_called(world_name)
    for number in range(num):
        rng = np.random.default_rng((STREAM, seed, number))
        language = LANGUAGES[number % len(LANGUAGES)]
        yield _row(world, f"puzzle-{number + 1:03d}", world.sample_episode(rng, split, KINDS[world.name], language))


def write_puzzles(
    folder: Path, num: int, seed: int, split: str = "validation", world_name: str = DEFAULT_WORLD
) -> Path:
    """puzzles.jsonl in `folder`, and its pictures in `folder`/images; returns the JSONL."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    path = folder / "puzzles.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for row, pictures in puzzle_rows(num, seed, split, world_name):
            for name, picture in pictures.items():
                picture.save(folder / name, optimize=True)
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _row(world: World, sample_id: str, episode: Episode) -> tuple[dict[str, Any], Pictures]:
    def to_image(scene: Any) -> PIL.Image.Image:
        return PIL.Image.fromarray(world.render(scene, world.picture_size))

    before, *after = episode.scenes
    puzzle, *steps, answer = episode.texts
    pictures = {f"{FOLDER}/{sample_id}-problem.png": to_image(before)}
    fields: dict[str, Any] = {"problem_image_1": f"{FOLDER}/{sample_id}-problem.png"}
    for number, scene in enumerate(after, start=1):
        name = f"{FOLDER}/{sample_id}-step-{number}.png"
        pictures[name], fields[f"reasoning_image_{number}"] = to_image(scene), name
    trace = (f"{step}\n{_mark('reasoning_image', number)}" for number, step in enumerate(steps, start=1))
    row = {
        "sample_id": sample_id,
        "Question": f"{_mark('problem_image', 1)} {puzzle}",
        "Text Reasoning Trace": "\n".join(trace),
        "Final Answer": episode.truth["answer"],
        **fields,
        "language": episode.language,
    }
    assert answer.endswith(row["Final Answer"])
    return row, pictures


def _mark(name: str, number: int) -> str:
    return f"<image_start>[{name}_{number}]<image_end>"
