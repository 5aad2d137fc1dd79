"""A folder of episodes: their pictures, a JSONL for each form of row, and a sheet of all pictures to look at."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import InputError
from .episodes import Episode, EpisodeOptions
from .grammar import LANGUAGES
from .rows import form_of, row_of
from .world import World

PICTURES = "pictures"
FILES = {"puzzle": "puzzles.jsonl", "prompt": "prompts.jsonl", "talk": "talks.jsonl"}
SHEET_FILE = "sheet.png"
_GAP = 6  # px between the pictures of a sheet
_ROOM = 200  # episodes on a sheet at most


@dataclass(frozen=True)
class Wanted:
    """Which episodes: as many of each kind, the languages in turn; the same seed gives the same."""

    kinds: tuple[str, ...]
    num: int = 20
    split: str = "train"
    languages: tuple[str, ...] = LANGUAGES
    seed: int = 0


def write_world(world: World, wanted: Wanted, folder: Path, side: int | None = None) -> dict[str, int]:
    """Write pictures and rows into a folder; returns how many rows of each form.

    Pictures have `side` px, the world's own size by default. InputError for a count below 1 or unknown words.
    """
    if wanted.num < 1:
        raise InputError(f"num is {wanted.num}; ask for at least 1 of each kind")
    pictures = folder / PICTURES
    pictures.mkdir(parents=True, exist_ok=True)
    try:
        return _write(world, wanted, folder, side or world.picture_size)
    except BaseException:  # what was stopped can be begun again in the same folder
        shutil.rmtree(pictures, ignore_errors=True)
        for name in (*FILES.values(), SHEET_FILE):
            (folder / name).unlink(missing_ok=True)
        raise


def _write(world: World, wanted: Wanted, folder: Path, side: int) -> dict[str, int]:
    pictures = folder / PICTURES
    rows: dict[str, list[str]] = {name: [] for name in FILES}
    shown: list[list[np.ndarray]] = []
    for episode, number in _episodes(world, wanted):
        sample_id = f"{episode.kind.replace('.', '-')}-{number:05d}"
        drawn: list[np.ndarray] = []

        def name_of(scene: Any, sample_id: str = sample_id, drawn: list[np.ndarray] = drawn) -> str:
            drawn.append(world.render(scene, side))
            name = f"{sample_id}-{len(drawn)}.png"
            Image.fromarray(drawn[-1]).save(pictures / name)
            return f"{PICTURES}/{name}"

        said = {"sample_id": sample_id, **row_of(episode, name_of), "split": wanted.split, "seed": wanted.seed}
        rows[form_of(episode)].append(json.dumps(said, ensure_ascii=False))
        if len(shown) < _ROOM:
            shown.append(drawn)
    for name, lines in rows.items():
        if lines:
            (folder / FILES[name]).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    sheet_of(shown).save(folder / SHEET_FILE)
    return {FILES[name]: len(lines) for name, lines in rows.items() if lines}


def sheet_of(rows: Sequence[Sequence[np.ndarray]]) -> Image.Image:
    """Pictures (side, side, 3) uint8 of each episode in a row, episodes below each other in columns."""
    side = len(rows[0][0])
    widest = max(map(len, rows))
    columns = max(1, min(8, 12 // widest))
    lines = -(-len(rows) // columns)
    step = side + _GAP
    sheet = Image.new("RGB", (columns * (widest * step + _GAP), lines * step + _GAP), (245, 245, 245))
    for number, pictures in enumerate(rows):
        left, top = number // lines * (widest * step + _GAP) + _GAP, number % lines * step + _GAP
        for place, picture in enumerate(pictures):
            sheet.paste(Image.fromarray(picture), (left + place * step, top))
    return sheet


def _episodes(world: World, wanted: Wanted) -> Sequence[tuple[Episode, int]]:
    """Each episode depends on the seed, its kind and its number alone."""
    options, found = EpisodeOptions(num_questions=1), []
    for kind in wanted.kinds:
        for number in range(wanted.num):
            rng = np.random.default_rng((wanted.seed, world.kinds.index(kind), number))
            language = wanted.languages[number % len(wanted.languages)]
            found.append((world.sample_episode(rng, wanted.split, kind, language, options=options), number))
    return found
