"""A finished row: the line that results.jsonl gets, and the pictures that lie beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..inputs.row_forms import PictureField
from ..inputs.rows import Row
from ..inputs.sample_ids import SampleId, folder_name
from ..pictures import to_png
from ..reply import Reply
from .requests import Prepared

OUTPUTS = ("output_reasoning", "output_images", "num_reasoning_steps", "num_generated_images", "sample_id", "error")
_FINAL = re.compile(r"\s*(?:Final Answer:|最终答案：|<answer>)")


@dataclass(frozen=True, eq=False)
class Finished:
    """number: the row's place in the input. line: its result. pictures: PNG files by name (output_image_1 ...).

    tokens: written. denoising_passes: of its pictures.
    """

    number: int
    sample_id: SampleId
    line: Mapping[str, Any]
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    tokens: int = 0
    denoising_passes: int = 0

    @property
    def error(self) -> str | None:
        """Why it failed, or None."""
        return self.line.get("error")

    @property
    def num_images(self) -> int:
        """Pictures that were drawn."""
        return self.line["num_generated_images"]


def failed(row: Row, reason: str) -> Finished:
    """A row that got no answer."""
    line = {**_own(row, {}), **_outputs("", [], 0), "sample_id": row.sample_id, "error": reason}
    return Finished(row.number, row.sample_id, line)


def answered(prepared: Prepared, reply: Reply) -> Finished:
    """A row with its answer: texts and marks of pictures a line each, in the order they came."""
    row, here = prepared.row, f"output_images/{folder_name(prepared.row.sample_id)}"
    pictures = {f"problem_image_{n}": to_png(image) for n, image in enumerate(prepared.pictures, start=1)}
    pictures |= prepared.kept
    names = {name: f"{here}/{name}.png" for name in pictures}
    told, steps, drawn = [f"<think>{reply.thought}</think>"] if reply.thought else [], 0, 0
    for part in reply.parts:
        if isinstance(part, str):
            told.append(part.strip())
            steps += not _FINAL.match(part)
        else:
            drawn += 1
            told.append(f"<image_start>[output_image_{drawn}]<image_end>")
            pictures[f"output_image_{drawn}"] = to_png(part, reply.facts)
    outputs = [f"{here}/output_image_{number}.png" for number in range(1, drawn + 1)]
    line = {**_own(row, names), **_outputs("\n".join(filter(None, told)), outputs, steps), "sample_id": row.sample_id}
    return Finished(row.number, row.sample_id, line, pictures, reply.end.tokens_written, reply.end.denoising_passes)


def _outputs(reasoning: str, images: list[str], steps: int) -> dict[str, Any]:
    return {
        "output_reasoning": reasoning,
        "output_images": images,
        "num_reasoning_steps": steps,
        "num_generated_images": len(images),
    }


def _own(row: Row, saved: Mapping[str, str]) -> dict[str, Any]:
    """The row's own fields; a picture that came as bytes becomes the path of its copy."""
    paths: dict[bytes, str] = {}
    if saved:
        shown = [PictureField(f"problem_image_{n}", one.source) for n, one in enumerate(row.asked.pictures, start=1)]
        kept = [PictureField(name, row.fields[name]) for name in saved if name in row.fields]
        paths = {data: saved[one.field] for one in (*kept, *shown) if (data := _bytes_of(one.source)) is not None}
    return {name: _plain(value, paths) for name, value in row.fields.items() if name not in OUTPUTS}


def _plain(value: Any, paths: Mapping[bytes, str]) -> Any:
    data = _bytes_of(value)
    if data is not None:
        return paths.get(data, f"({len(data)} bytes)")
    if isinstance(value, list):
        return [_plain(one, paths) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one, paths) for name, one in value.items()}
    return value


def _bytes_of(value: Any) -> bytes | None:
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        return value["bytes"]
    return value if isinstance(value, bytes) else None
