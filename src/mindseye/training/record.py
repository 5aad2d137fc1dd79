"""What shall be kept of a run in a repository: how long it took and its curves, in a small file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ..errors import SettingsError
from ..whole_files import write_whole
from .curves import read_lines

LOG_FILE = "log.txt"
MOST_POINTS = 200
KEPT_OF_A_STAGE = 10  # one line of so many
SUMMED = ("seconds", "core_seconds")


def log(folder: Path, line: str) -> None:
    """Append a line to the run's log, with the time."""
    with (folder / LOG_FILE).open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {line}\n")


def write_record(folder: Path, file: Path) -> None:
    """Steps, hours, curves of the main stage and the log of the stages before it, as JSON.

    SettingsError where the run has no curves yet.
    """
    lines = read_lines(folder)
    if not lines:
        raise SettingsError(f"the run in {folder} has no curves yet: its main stage has not begun")
    points = thinned(lines)
    said = {
        "steps": lines[-1]["step"],
        "hours": {name: round(sum(line.get(name, 0.0) for line in lines) / 3600, 2) for name in SUMMED},
        "columns": list(points[0]),
        "points": [list(point.values()) for point in points],
        "log": _before_the_main_stage(folder),
    }
    write_whole(file, json.dumps(said, ensure_ascii=False).replace("], [", "],\n[").replace('", "', '",\n"') + "\n")


def thinned(lines: Sequence[Mapping[str, float]], most: int = MOST_POINTS) -> list[dict[str, float]]:
    """At most so many points: means of neighbours, at the last one's step; sums of what took time."""
    names = [name for name in lines[-1] if name != "step"]
    size = -(-len(lines) // most)
    groups = [lines[start : start + size] for start in range(0, len(lines), size)]
    return [{"step": group[-1]["step"], **{name: _joined(group, name) for name in names}} for group in groups]


def _joined(group: Sequence[Mapping[str, float]], name: str) -> float:
    values = [line[name] for line in group if name in line]
    total = sum(values)
    return float(f"{total if name in SUMMED else total / max(1, len(values)):.5g}")


def _before_the_main_stage(folder: Path) -> list[str]:
    """The log without the steps that the curves tell, and with a tenth of those of each stage before."""
    path, kept, count = folder / LOG_FILE, [], 0
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        words = line.split(" ")[2:]
        if words[:1] == ["step"]:
            continue
        is_step = words[1:2] == ["step"]
        if not is_step or count % KEPT_OF_A_STAGE == 0:
            kept.append(line)
        count = count + 1 if is_step else 0
    return kept
