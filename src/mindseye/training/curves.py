"""The numbers of a run as JSON lines, and a picture of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from ..errors import SettingsError
from ..pictures import save_png
from ..whole_files import write_whole

LINES_FILE = "curves.jsonl"
PICTURE_FILE = "curves.png"
BOARD_FOLDER = "tensorboard"
COLOURS = ((32, 90, 200), (200, 60, 40), (30, 140, 70), (150, 80, 180), (190, 130, 20), (90, 90, 90))
SIZE, MARGIN = (900, 460), 50  # px
SMOOTHING = 0.9


class Curves:
    """Appends to `curves.jsonl`; lines beyond the step a run resumes from are cut away."""

    def __init__(self, folder: Path, step: int, names: Sequence[str], tensorboard: bool = False) -> None:
        """`names` are the numbers that the picture shows; with `tensorboard` all go there too."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.names = names
        self.board = open_board(folder, step) if tensorboard else None
        self.lines = [line for line in read_lines(folder) if line["step"] <= step]
        text = "".join(json.dumps(line) + "\n" for line in self.lines)
        write_whole(folder / LINES_FILE, text)

    def add(self, line: dict[str, float]) -> None:
        """One more line."""
        self.lines.append(line)
        with (self.folder / LINES_FILE).open("a") as file:
            file.write(json.dumps(line) + "\n")
        for name, value in line.items():
            if self.board and name != "step":
                self.board.add_scalar(name, value, line["step"])

    def draw(self) -> None:
        """Write `curves.png`, and what TensorBoard has not been told yet."""
        if self.board:
            self.board.flush()
        save_png(draw_curves(self.lines, self.names), self.folder / PICTURE_FILE)


def open_board(folder: Path, step: int) -> Any:
    """What writes events for TensorBoard into `folder`; those beyond `step` are hidden there."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise SettingsError('saving.tensorboard needs TensorBoard: pip install "mindseye[train]"') from error
    return SummaryWriter(str(folder / BOARD_FOLDER), purge_step=step + 1)


def as_line(numbers: Mapping[str, float]) -> str:
    """Numbers with their names, as a run prints them."""
    return " ".join(f"{name} {value:g}" for name, value in numbers.items())


def read_lines(folder: Path, name: str = LINES_FILE) -> list[dict[str, Any]]:
    """The lines written so far; a last line cut short by a crash is left out."""
    path = folder / name
    if not path.is_file():
        return []
    lines = []
    for text in path.read_text(encoding="utf-8").split("\n"):
        try:
            lines.append(json.loads(text))
        except ValueError:
            break
    return lines


def draw_curves(lines: Sequence[dict[str, float]], names: Sequence[str]) -> Image.Image:
    """Smoothed losses over steps, on a logarithmic scale."""
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    curves = {name: _smoothed([(line["step"], line[name]) for line in lines if line.get(name)]) for name in names}
    values = [value for points in curves.values() for _, value in points]
    if len(values) < 2:
        return image
    low, high = math.log10(min(values)) - 0.02, math.log10(max(values)) + 0.02
    last = max(step for points in curves.values() for step, _ in points)
    width, height = SIZE[0] - 2 * MARGIN, SIZE[1] - 2 * MARGIN

    def place(step: float, value: float) -> tuple[float, float]:
        return MARGIN + width * step / last, MARGIN + height * (high - math.log10(value)) / (high - low)

    for i in range(5):
        value = 10 ** (low + (high - low) * i / 4)
        x, y = place(0, value)
        draw.line([(x, y), (x + width, y)], fill=(225, 225, 225))
        draw.text((6, y - 6), f"{value:.3g}", fill="black")
        draw.text((MARGIN + width * i / 4 - 10, SIZE[1] - MARGIN + 8), f"{last * i / 4:.0f}", fill="black")
    for number, name in enumerate(names):
        colour = COLOURS[number % len(COLOURS)]
        draw.line([place(*point) for point in curves[name]], fill=colour, width=2)
        draw.text((MARGIN + 100 * number, 20), name, fill=colour)
    return image


def _smoothed(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    smooth, mean = [], 0.0
    for number, (step, value) in enumerate(points):
        weight = max(1 - SMOOTHING, 1 / (number + 1))
        mean += weight * (value - mean)
        smooth.append((step, mean))
    return smooth
