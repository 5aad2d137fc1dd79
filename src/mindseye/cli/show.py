"""Showing a running request: text on stdout as it comes, progress on stderr, JSON at the end if asked."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..events import DrawingStep, Event, ImageDone, TextDelta, TextDone, TurnEnd
from ..printable import printable, printable_json

if TYPE_CHECKING:
    from rich.progress import Progress


class Screen:
    """Passes events on while showing them."""

    def __init__(
        self, args: argparse.Namespace, on_image: Callable[[ImageDone], None] | None = None, echo_text: bool = True
    ) -> None:
        """`on_image` is told of every picture as it comes."""
        self._echo = echo_text and not args.json
        self._on_image = on_image
        self._is_quiet = args.quiet or not sys.stderr.isatty()
        self._progress: Progress | None = None
        self._task: Any = None
        self._is_line_open = False
        self._tags = ThoughtTags()
        self.seen: list[Event] = []
        """All events that came, also when something ends them early."""

    def show(self, events: Iterator[Event]) -> list[Event]:
        """All events, shown as they come."""
        try:
            for event in events:
                self.seen.append(event)
                self._show(event)
        finally:
            self._end_progress()
            self._end_line()
        return self.seen

    def _show(self, event: Event) -> None:
        if isinstance(event, TextDelta) and self._echo:
            self._write(self._tags.push(event.text))
        elif isinstance(event, DrawingStep):
            self._end_line()
            self._advance(event)
        elif isinstance(event, TextDone):
            self._write(self._tags.flush())
            self._end_line()
        elif isinstance(event, ImageDone):
            self._end_progress()
            if self._on_image:
                self._on_image(event)
        elif isinstance(event, TurnEnd) and not self._is_quiet:
            self._end_line()
            is_plain = not sys.stderr.isatty() or "NO_COLOR" in os.environ
            print(summary(event) if is_plain else f"\x1b[2m{summary(event)}\x1b[0m", file=sys.stderr, flush=True)

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
            sys.stdout.flush()
            self._is_line_open = not text.endswith("\n")

    def _advance(self, event: DrawingStep) -> None:
        if self._is_quiet:
            return
        if self._progress is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("drawing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
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


class ThoughtTags:
    """Takes the tags of thoughts out of text that comes in pieces; a thought ends with its line."""

    def __init__(self) -> None:
        self._held = ""

    def push(self, text: str) -> str:
        """What can be shown by now; an end that may become a tag is held back."""
        text = (self._held + text).replace("<think>", "").replace("</think>", "\n")
        kept = max(n for n in range(len("</think>")) if text.endswith(("<think>"[:n], "</think>"[:n])))
        self._held = text[len(text) - kept :]
        return text[: len(text) - kept]

    def flush(self) -> str:
        """What was held back to the end."""
        text, self._held = self._held, ""
        return text


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
    print(printable_json(facts))
