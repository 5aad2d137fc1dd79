"""What a checkpoint recommends for its requests: presets, when to think, and the wording of its system prompts.

They stand in `mindseye.json` of a folder; a folder without it gets BAGEL's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import CheckpointError, MindseyeError, nearest
from ..given_files import read_json
from ..inputs.known_words import KnownWords
from ..inputs.prompts import BAGEL, SystemPrompt, with_wording
from ..params import DRAW, EDIT, ImageParams, TextParams, replace_known

FILE = "mindseye.json"
TASKS = ("ask", "draw", "edit")


@dataclass(frozen=True)
class Defaults:
    """Presets for writing, drawing and editing, and the system prompts."""

    text: TextParams = field(default_factory=TextParams)
    draw: ImageParams = DRAW
    edit: ImageParams = EDIT
    prompts: dict[str, SystemPrompt] = field(default_factory=lambda: dict(BAGEL))
    thinks: frozenset[str] = frozenset()
    """Tasks before which it thinks unless told otherwise."""
    world: str | None = None
    """The pictured world that a small model was taught; None for models of everything."""
    known_words: KnownWords | None = None
    """All words of its lessons, where they are few."""

    @staticmethod
    def from_folder(folder: Path) -> Defaults:
        """Those of a checkpoint folder; raises CheckpointError where `mindseye.json` is wrong."""
        path = folder / FILE
        if not path.is_file():
            return Defaults()
        try:
            said = read_json(path, error=CheckpointError)
            if not isinstance(said, dict) or not all(isinstance(group, dict) for group in said.values()):
                raise CheckpointError(
                    "expected an object with the groups text, draw, edit, think, system_prompts and knows"
                )
            knows = said.get("knows", {})
            return Defaults(
                text=replace_known(TextParams(), said.get("text", {})),
                draw=replace_known(DRAW, said.get("draw", {})),
                edit=replace_known(EDIT, said.get("edit", {})),
                prompts=with_wording(BAGEL, said.get("system_prompts", {})),
                thinks=_tasks_of(said.get("think", {})),
                world=_world_of(knows),
                known_words=KnownWords.from_json(knows) if "words" in knows else None,
            )
        except (OSError, ValueError, TypeError, MindseyeError) as error:
            raise CheckpointError(f"{path} cannot be used: {error}") from error


def _tasks_of(thinks: Mapping[str, Any]) -> frozenset[str]:
    for task, is_wanted in thinks.items():
        if task not in TASKS or not isinstance(is_wanted, bool):
            said = f'"think" says {task}: {is_wanted!r}{nearest(task, TASKS)}'
            raise CheckpointError(f"{said}; expected {', '.join(TASKS)}, each true or false")
    return frozenset(task for task, is_wanted in thinks.items() if is_wanted)


def _world_of(knows: Mapping[str, Any]) -> str | None:
    world = knows.get("world")
    if world is not None and not isinstance(world, str):
        raise CheckpointError(f'the "world" of "knows" is {world!r}; expected the name of a world')
    return world
