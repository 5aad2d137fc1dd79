"""Distributions as drawings in the page."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 260, 120  # px
NUM_BINS = 20


def histogram(title: str, values: Sequence[float]) -> str:
    """A histogram as SVG: bars a value where there are few whole ones, else 20 bins."""
    counts = _whole(values) or _binned(values)
    return _bars(title, counts)


def _whole(values: Sequence[float]) -> Mapping[str, int] | None:
    if any(value != int(value) for value in values) or max(values) - min(values) > NUM_BINS:
        return None
    low, high = int(min(values)), int(max(values))
    return {str(number): sum(1 for value in values if value == number) for number in range(low, high + 1)}


def _binned(values: Sequence[float]) -> Mapping[str, int]:
    low, high = min(values), max(values)
    width = (high - low) / NUM_BINS or 1.0
    counts = dict.fromkeys(range(NUM_BINS), 0)
    for value in values:
        counts[min(int((value - low) / width), NUM_BINS - 1)] += 1
    return {f"{_short(low + n * width)} to {_short(low + (n + 1) * width)}": count for n, count in counts.items()}


def _bars(title: str, counts: Mapping[str, int]) -> str:
    most = max(counts.values())
    step = WIDTH / len(counts)
    bars = []
    for number, (label, count) in enumerate(counts.items()):
        height = count / most * HEIGHT
        bars.append(
            f'<rect x="{number * step + 1:.1f}" y="{HEIGHT - height:.1f}" width="{max(step - 2, 1):.1f}" '
            f'height="{height:.1f}"><title>{html.escape(label)}: {count}</title></rect>'
        )
    first, last = (label.split(" to ") for label in (next(iter(counts)), list(counts)[-1]))
    ends = f'<text x="0" y="{HEIGHT + 16}">{html.escape(first[0])}</text>'
    if len(counts) > 1:
        ends += f'<text x="{WIDTH}" y="{HEIGHT + 16}" text-anchor="end">{html.escape(last[-1])}</text>'
    caption = f"<figcaption>{html.escape(title)}, most {most} rows a bar</figcaption>"
    return (
        f'<figure class="plot"><svg viewBox="0 0 {WIDTH} {HEIGHT + 20}" role="img" aria-label="{html.escape(title)}">'
        f"{''.join(bars)}{ends}</svg>{caption}</figure>"
    )


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or value == math.floor(value) else f"{value:.3g}"
