"""The comparison of two runs as a table and as a page that shows the rows that differ most, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import PIL.Image

from ..inputs.images import open_image
from ..page import Page
from .compare import Comparison, Difference
from .run_report.page import number
from .samples import Sample, read_samples

HEADER = ("metric", "A", "B", "B - A", "95 %", "rows", "B is")


def table(comparison: Comparison) -> list[tuple[str, ...]]:
    """Header and a line a metric, as text."""
    return [HEADER, *map(_line, comparison.differences)]


def write_comparison(comparison: Comparison, results: Sequence[Path], count: int, path: Path) -> Path:
    """A page: the table, then for each metric the `count` rows that differ most."""
    first, second = ({sample.key: sample for sample in read_samples(one)} for one in results)
    names = " and ".join(one.parent.name for one in results)
    page = Page(f"A and B: {names}", f"{comparison.num_shared} rows in both; B minus A, paired by row")
    header, *lines = table(comparison)
    page.table(header, lines)
    for difference in comparison.differences:
        for key, apart in difference.most_different(count):
            page.heading(f"{difference.metric.name}: {key}, {apart:+.4g}")
            page.text(first[key].question)
            for name, sample in (("A", first[key]), ("B", second[key])):
                _show(page, name, sample)
    return page.save(path)


def _line(difference: Difference) -> tuple[str, ...]:
    metric = difference.metric
    ends = " to ".join(_signed(difference, end) for end in difference.interval) if difference.interval else ""
    means = (number(metric, difference.first), number(metric, difference.second))
    return (
        metric.name,
        *means,
        _signed(difference, difference.value),
        ends,
        str(len(difference.rows)),
        difference.verdict,
    )


def _signed(difference: Difference, value: float) -> str:
    shown = number(difference.metric, value)
    return shown if value < 0 else f"+{shown}"


def _show(page: Page, name: str, sample: Sample) -> None:
    page.quote(f"{name}: {sample.error or sample.output_text}")
    drawn: list[tuple[PIL.Image.Image, str]] = [(open_image(path), path.stem) for path in sample.output_images]
    if drawn:
        page.pictures(drawn, small=True)
