"""The page of an examination: what was found, and what the model looked at."""
# T tokens of an image, R rows and Q columns of their grid

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import PIL.Image
from torch import Tensor

from ...page import Page
from .answers import asked
from .attention import gazes
from .examine import Examination
from .patient import Patient

MARKS = {True: "well", False: "wrong", None: "not measured"}
MOST_PICTURES = 6


def save_page(patient: Patient, examination: Examination, path: Path) -> Path:
    """Write it; InputError where that is impossible."""
    page = Page(f"Does {Path(patient.model.name).name} see?", f"{examination.verdict}: {examination.why}")
    if examination.remedy:
        page.heading("What to do first")
        page.text(examination.remedy)
    page.heading("Measurements")
    lines = [(finding.name, MARKS[finding.is_well], finding.said) for finding in examination.findings]
    page.table(("measurement", "", "what was found"), lines)
    if patient.can_be_told:
        _show_gazes(page, patient)
    if "asked" in patient.known:
        page.heading("What it said")
        said = [
            (row.asking.question, row.asking.truths[0], row.answers.own, row.answers.swapped, row.answers.blank)
            for row in asked(patient).rows[:24]
        ]
        page.table(("asked", "true", "own picture", "another's", "blank"), [tuple(map(str, row)) for row in said])
    return page.save(path)


def _show_gazes(page: Page, patient: Patient) -> None:
    page.heading("What the answers looked at")
    page.text("Bright: where the words of the true answer look, mean over layers and heads.")
    for case, reading, gaze in list(zip(patient.close, patient.readings, gazes(patient)))[:MOST_PICTURES]:
        seen = patient.loaded.image_processor.picture(reading.images[0].pixels)
        lit = overlay(seen, gaze.on_image)
        share = f"{100 * max(gaze.by_layer):.1f} % of the attention in the layer that looks most"
        shown = [(seen, f"{case.question} {case.answer}")]
        page.pictures([*shown, (lit, share)] if lit else shown)
        if lit is None:
            page.text(f"{share}; its {len(gaze.on_image)} tokens have no places in the picture.")


def overlay(seen: PIL.Image.Image, weights: Tensor) -> PIL.Image.Image | None:
    """A picture lit where its tokens (T,) are looked at; None where they form no grid of two places or more."""
    shape = grid_of(len(weights), seen.size)
    if shape is None:
        return None
    grid = weights.numpy().reshape(shape)
    light = (grid - grid.min()) / max(float(grid.max() - grid.min()), 1e-12)
    mask = PIL.Image.fromarray((255 * light).astype(np.uint8)).resize(seen.size, PIL.Image.Resampling.NEAREST)
    dark = PIL.Image.eval(seen.convert("RGB"), lambda level: level // 4)
    return PIL.Image.composite(seen.convert("RGB"), dark, mask)


def grid_of(count: int, size: Sequence[int]) -> tuple[int, int] | None:
    """(R, Q) of so many tokens of a picture of (width, height) px."""
    rows = round((count * size[1] / size[0]) ** 0.5)
    return (rows, count // rows) if count > 1 and rows and count % rows == 0 else None
