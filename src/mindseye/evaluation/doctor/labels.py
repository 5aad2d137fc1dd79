"""Where the loss mask falls: a row without a label teaches nothing."""

from __future__ import annotations

from ...inputs.segments import VitSegment
from .finding import Finding
from .patient import Patient

NAME = "loss_mask"


def labels(patient: Patient) -> Finding:
    """Counts labels, and rows that have none."""
    readings = [patient.read(case) for case in patient.cases.good[:64]]
    counts = [int(reading.mask.sum()) for reading in readings]
    empty = counts.count(0) + patient.cases.without_answer
    total = len(counts) + patient.cases.without_answer
    numbers = {
        "rows": total,
        "rows_without_labels": empty,
        "labels": sum(counts),
        "tokens": sum(len(reading.mask) for reading in readings),
        "labels_on_images": sum(_on_images(reading.segments, reading.mask.tolist()) for reading in readings),
    }
    if empty:
        which = "every row" if empty == total else f"{empty} of {total} rows"
        said = f"The loss mask excludes everything in {which}: no token is learnt there."
        remedy = "Give each row an answer of the model's side (gpt, assistant); mindseye data show prints the mask."
        return Finding(NAME, False, said, numbers, remedy)
    said = f"{sum(counts)} of {numbers['tokens']} tokens of {total} rows are learnt, in every row some."
    return Finding(NAME, True, said, numbers)


def _on_images(segments: tuple, mask: list[bool]) -> int:
    """Labels at places of images."""
    count = start = 0
    for segment in segments:
        is_image = isinstance(segment, VitSegment)
        size = segment.num_tokens + len(segment.frame.marks) if is_image else len(segment.ids)
        count += sum(mask[start : start + size]) if is_image else 0
        start += size
    return count
