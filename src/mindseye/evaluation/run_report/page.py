"""report.html itself: the table of metrics, plots, and the controls that look through the rows."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..evaluate import Evaluation
from ..metrics import Metric, Scores
from .plots import histogram
from .row_view import row_view
from .shards import ShardWriter, write_index

FOLDER = "report"
CONTROLS = """
<div class="controls">
<label>rows <select id="state"><option value="all">all</option><option value="failed">failed</option>
<option value="fine">not failed</option></select></label>
<label>score <select id="metric"><option>any</option></select></label>
<span class="pair"><label>from <input id="low" type="number" step="any"></label>
<label>to <input id="high" type="number" step="any"></label></span>
<label>order <select id="order"><option value="input">as asked</option><option value="rising">lowest first</option>
<option value="falling">highest first</option></select></label>
<span class="pair"><label>steps from <input id="fewest" type="number" min="0"></label>
<label>to <input id="most" type="number" min="0"></label></span>
<label>id has <input id="wanted" size="8"></label>
<span class="pager"><span id="count"></span><button id="before" aria-label="page before">&larr;</button>
<button id="after" aria-label="next page">&rarr;</button></span></div>
"""


def write_report(evaluation: Evaluation, path: Path, title: str) -> Path:
    """Write `path` and its folder of rows beside it, `report` (no file above 5 MB); returns the page's path."""
    folder = path.parent / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob("rows-*.js"), *folder.glob("index-*.js")):
            old.unlink()
        num_index_files = write_index(folder, _write_rows(evaluation, folder, path.parent))
        path.write_text(_page(evaluation, title, num_index_files), encoding="utf-8")
    except OSError as error:
        raise InputError(f"the report cannot be written to {path}: {error.strerror or error}") from error
    return path


def number(metric: Metric, value: float) -> str:
    """A value as the table shows it."""
    if metric.unit == "%":
        return f"{100 * value:.1f} %"
    shown = f"{value:.3f}" if abs(value) < 10 else f"{value:.2f}"
    return f"{shown} {metric.unit}".rstrip()


def interval(metric: Metric, scores: Scores) -> str:
    """A 95 % interval as the table shows it, or ""."""
    return " to ".join(number(metric, end) for end in scores.interval) if scores.interval else ""


def _write_rows(evaluation: Evaluation, folder: Path, base: Path) -> Iterator[list[Any]]:
    """Writes the rows' files and yields the entries of the index."""
    writer = ShardWriter(folder)
    names = _row_metrics(evaluation)
    for sample in evaluation.samples:
        scores = evaluation.row_scores(sample)
        file, place = writer.add(row_view(sample, scores, base))
        listed = [round(scores[name], 4) if name in scores else None for name in names]
        steps, images = sample.count("num_reasoning_steps"), sample.count("num_generated_images")
        yield [str(sample.sample_id), file, place, int(bool(sample.error)), steps, images, listed]
    writer.close()


def _page(evaluation: Evaluation, title: str, num_index_files: int) -> str:
    settings = {"folder": FOLDER, "metrics": _row_metrics(evaluation)}
    index = "".join(f'<script src="{FOLDER}/index-{n}.js"></script>' for n in range(1, num_index_files + 1))
    failed = sum(1 for sample in evaluation.samples if sample.error)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_resource('report.css')}</style></head><body>"
        f"<h1>{html.escape(title)}</h1>"
        f'<p class="soft">{len(evaluation.samples)} rows, {failed} failed. Intervals are 95 %, by bootstrap.</p>'
        f"{_table(evaluation)}{_skipped(evaluation)}<h2>Distributions</h2>"
        f'<div class="plots">{"".join(_plots(evaluation))}</div><h2 id="browse">Rows</h2>{CONTROLS}'
        f'<div id="rows"></div><script>const settings = {_safe_json(settings)};{_resource("browse.js")}</script>'
        f"{index}<script>start();</script></body></html>"
    )


def _table(evaluation: Evaluation) -> str:
    head = '<tr><th>metric</th><th class="n">value</th><th class="n">95 %</th><th class="n">rows</th><th></th></tr>'
    lines = []
    for metric in evaluation.metrics:
        scores = evaluation.scores[metric.name]
        better = "" if metric.is_higher_better else " (lower is better)"
        about = html.escape(f"{metric.about}{better}{f'; {scores.note}' if scores.note else ''}")
        cells = (number(metric, scores.value), interval(metric, scores), scores.count)
        numbers = "".join(f'<td class="n">{cell}</td>' for cell in cells)
        lines.append(f'<tr><td>{metric.name}</td>{numbers}<td class="soft">{about}</td></tr>')
    return f'<div class="scroll"><table>{head}{"".join(lines)}</table></div>'


def _skipped(evaluation: Evaluation) -> str:
    if not evaluation.skipped:
        return ""
    lines = (
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(why)}</td></tr>" for name, why in evaluation.skipped.items()
    )
    return (
        f"<details><summary>not measured: {len(evaluation.skipped)}</summary><table>{''.join(lines)}</table></details>"
    )


def _plots(evaluation: Evaluation) -> Iterator[str]:
    fine = [sample for sample in evaluation.samples if not sample.error]
    if fine:
        yield histogram("steps", [sample.count("num_reasoning_steps") for sample in fine])
        yield histogram("pictures", [sample.count("num_generated_images") for sample in fine])
    for name in _row_metrics(evaluation):
        yield histogram(name, list(evaluation.scores[name].rows.values()))


def _row_metrics(evaluation: Evaluation) -> list[str]:
    return [metric.name for metric in evaluation.metrics if evaluation.scores[metric.name].rows]


def _resource(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _safe_json(value: Any) -> str:
    return json.dumps(value).replace("<", "\\u003c")
