"""Showing a running request: text on stdout as it comes, progress on stderr, JSON at the end if asked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..events import DrawingStep, Event, ImageDone, TextDelta, TurnEnd


class Screen:
    """Passes events on while showing them."""

    def __init__(self, args: argparse.Namespace, echo_text: bool = True) -> None:
        self._echo = echo_text and not args.json
        self._is_quiet = args.quiet or not sys.stderr.isatty()
        self._console = Console(stderr=True)
        self._progress: Progress | None = None
        self._task: Any = None
        self._is_line_open = False

    def show(self, events: Iterator[Event]) -> list[Event]:
        """All events, shown as they come."""
        seen: list[Event] = []
        try:
            for event in events:
                seen.append(event)
                self._show(event)
        finally:
            self._end_progress()
            self._end_line()
        return seen

    def _show(self, event: Event) -> None:
        if isinstance(event, TextDelta) and self._echo:
            sys.stdout.write(event.text)
            sys.stdout.flush()
            self._is_line_open = True
        elif isinstance(event, DrawingStep):
            self._end_line()
            self._advance(event)
        elif isinstance(event, ImageDone):
            self._end_progress()
        elif isinstance(event, TurnEnd) and not self._is_quiet:
            self._end_line()
            self._console.print(summary(event), style="dim", highlight=False)

    def _advance(self, event: DrawingStep) -> None:
        if self._is_quiet:
            return
        if self._progress is None:
            columns = (TextColumn("drawing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.start()
            self._task = self._progress.add_task("drawing", total=event.num_steps)
        self._progress.update(self._task, completed=event.step)

    def _end_progress(self) -> None:
        if self._progress:
            self._progress.stop()
            self._progress = None

    def _end_line(self) -> None:
        if self._is_line_open:
            print(flush=True)
            self._is_line_open = False


def summary(end: TurnEnd) -> str:
    """One line of counts and timings."""
    said = [f"{end.tokens_read} tokens read"]
    if end.tokens_written:
        seconds = end.seconds.get("write", 0)
        speed = f" at {end.tokens_written / seconds:.0f} a second" if seconds else ""
        said.append(f"{end.tokens_written} written{speed}")
    if end.denoising_passes:
        said.append(f"{end.denoising_passes} denoising steps in {end.seconds.get('draw', 0):.2f} s")
    return f"{', '.join(said)}; {end.seconds.get('total', 0):.2f} s in all"


def end_facts(end: TurnEnd) -> dict[str, Any]:
    """Counts and timings for JSON."""
    counts = {name: getattr(end, name) for name in ("finish", "tokens_read", "tokens_written", "denoising_passes")}
    return {**counts, "seconds": {stage: round(value, 4) for stage, value in end.seconds.items()}}


def print_json(facts: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    print(json.dumps(facts, ensure_ascii=False, indent=2))


def free_name(stem: str, folder: Path = Path()) -> Path:
    """`stem`.png, or the first of `stem`-2.png, `stem`-3.png ... that does not exist yet."""
    path, number = folder / f"{stem}.png", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.png", number + 1
    return path
