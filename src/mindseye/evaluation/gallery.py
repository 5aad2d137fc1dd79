"""A verdict as a page: the tables, and for each kind a handful of right and wrong answers to look at."""

from __future__ import annotations

from pathlib import Path

import PIL.Image

from ..page import Page
from .judge import Result, Verdict
from .report import NAMES, percent, tables, warnings

SHOWN_SIDE = 192  # px; pictures of this world are small
MOST_SHOWN = 3  # right ones and wrong ones of a kind


def write_page(verdict: Verdict, path: str | Path) -> Path:
    """Write the page and return where it is."""
    asked = f"{len(verdict.results)} requests of the {verdict.split} split, seed {', '.join(map(str, verdict.seeds))}"
    page = Page(f"What {Path(verdict.model).name} can do", asked)
    for warning in warnings(verdict):
        page.text(f"Beware: {warning}.")
    for table in tables(verdict):
        page.heading(table.title.capitalize())
        page.table(table.header, table.rows)
    if verdict.errors:
        page.heading("Errors")
        rows = [(r.exam.kind, r.exam.seed, r.answer.error) for r in verdict.errors]
        page.table(("kind", "number", "error"), rows)
    for kind in verdict.kinds:
        results = verdict.of([kind])
        name = f"{kind}: {NAMES[kind]}" if kind in NAMES else kind
        page.heading(f"{name}, {percent(verdict.share([kind]))} right")
        for is_right in (True, False):
            for result in [r for r in results if r.mark.is_right == is_right][:MOST_SHOWN]:
                _show(page, result)
    return page.save(path)


def _show(page: Page, result: Result) -> None:
    """What was given, what came, what was made out and what was expected."""
    exam, answer, mark = result.exam, result.answer, result.mark
    given = [item for item in exam.items if not isinstance(item, str)]
    said = " / ".join(item for item in exam.items if isinstance(item, str))
    if said:
        page.quote(said)
    shown = [(_enlarged(image), "given") for image in given]
    shown += [(_enlarged(image), f"drawn {number}") for number, image in enumerate(answer.images, 1)]
    if shown:
        page.pictures(shown, arrows=True, small=True)
    if answer.thought:
        page.text(f"thought: {answer.thought}")
    if mark.is_right:
        page.text(f"✓ {mark.found}")
    else:
        kept = "" if mark.kept_db is None else f" (the rest kept at {mark.kept_db:.1f} dB)"
        page.text(f"✗ {mark.found}{kept}\nexpected: {mark.expected}")


def _enlarged(image: PIL.Image.Image) -> PIL.Image.Image:
    factor = max(1, SHOWN_SIDE // max(image.size))
    return image.resize((image.width * factor, image.height * factor), PIL.Image.Resampling.BICUBIC)
