"""What the headers and small files of a model tell about it, and how loading would go; no weights are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..checkpoints.estimate import Work, estimate_memory, legal_sizes
from ..checkpoints.headers import BYTES_OF_DTYPE, TensorInfo
from ..checkpoints.load import Checkpoint, plan_loading
from ..device_memory import free_bytes
from ..errors import InputError
from ..networks.config import UnifiedConfig

MOST_REQUESTS = 1_000_000
WORKS = (  # title, kind, branches of guidance
    ("read", "read", 1),
    ("draw, no guidance", "draw", 1),
    ("draw", "draw", 2),
    ("edit", "edit", 3),
)


def model_facts(model: str, checkpoint: Checkpoint, size: str | None = None, batch: int = 1) -> dict[str, Any]:
    """Everything about a model; numbers are parameters and bytes."""
    if not 1 <= batch <= MOST_REQUESTS:
        raise InputError(f"--batch is {batch}; expected 1 to {MOST_REQUESTS}")
    family, config = checkpoint.family, checkpoint.found.config
    tokenizer = family.tokenizer(checkpoint.folder)
    tokenizer.check_fits(family.vocab_size(config))
    cannot_draw = family.latents(config) is not None and not checkpoint.vae_tensors
    facts: dict[str, Any] = {
        "model": model,
        "family": family.name,
        "folder": str(checkpoint.folder),
        "weights": checkpoint.weights.name,
        "stored_as": sorted({info.dtype for info in checkpoint.tensors.values()}),
        "parameters": checkpoint.num_parameters,
        "parts": _parts(checkpoint),
        "special_tokens": asdict(tokenizer.special) if family.latents(config) else tokenizer.special_ids,
        "words": family.vocab_size(config),
        "config": asdict(config),
        "notes": [*checkpoint.found.notes, *(["no ae.safetensors: cannot draw"] if cannot_draw else [])],
    }
    if isinstance(config, UnifiedConfig):
        facts |= _pictures_and_memory(checkpoint, config, size, batch)
    elif size:
        raise InputError(f"--size is of use only for a model that draws; {model} is a {family.name} model")
    return facts


def plan_facts(checkpoint: Checkpoint, device: str, dtype: str) -> dict[str, Any]:
    """Where every part would lie and in which form, what is free there, and what is largest on the way."""
    plan, place = plan_loading(checkpoint, device, dtype)
    rows: dict[tuple[str, ...], dict[str, int]] = {}
    for entry in (*plan.entries, *plan.copies):
        part = checkpoint.family.part_of(entry.source.name)
        form = str(entry.dtype).removeprefix("torch.")
        turned = "" if entry.source.layout == "as it is" else f", {entry.source.layout}"
        turned += ", copied for the head" if entry in plan.copies else ""
        row = rows.setdefault((part, entry.info.dtype, form + turned, str(entry.device)), {"tensors": 0, "bytes": 0})
        row["tensors"] += 1
        row["bytes"] += entry.num_bytes
    titles = ("part", "stored_as", "form", "device")
    return {
        "parts": [{**dict(zip(titles, key, strict=True)), **row} for key, row in rows.items()],
        "bytes": plan.num_bytes,
        "free_bytes": free_bytes(place),
        "largest": None if plan.largest is None else plan.largest.parameter,
        "largest_bytes": 0 if plan.largest is None else max(plan.largest.num_bytes, plan.largest.info.num_bytes),
        "laid_out_for_cpu": plan.is_laid_out,
    }


def _pictures_and_memory(
    checkpoint: Checkpoint, config: UnifiedConfig, size: str | None, batch: int
) -> dict[str, Mapping[str, Any]]:
    sizes = legal_sizes(config)
    width, height = _parse_size(size, sizes.step, sizes.largest) if size else (sizes.largest, sizes.largest)
    number_bytes = max(BYTES_OF_DTYPE[info.dtype] for info in checkpoint.tensors.values())
    memory = {}
    for title, kind, branches in WORKS:
        if kind == "read" or checkpoint.vae_tensors:
            estimate = estimate_memory(config, Work(kind, width, height, batch, branches), number_bytes)
            memory[title] = {**asdict(estimate), "total": estimate.total}
    return {
        "sizes": asdict(sizes),
        "memory": {"width": width, "height": height, "batch": batch, "bytes": memory},
    }


def _parts(checkpoint: Checkpoint) -> dict[str, dict[str, int]]:
    parts: dict[str, dict[str, int]] = {}
    tables: tuple[Mapping[str, TensorInfo], ...] = (checkpoint.tensors, checkpoint.vae_tensors)
    for name, info in (item for table in tables for item in table.items()):
        part = parts.setdefault(checkpoint.family.part_of(name), {"parameters": 0, "bytes": 0})
        part["parameters"] += info.num_parameters
        part["bytes"] += info.num_bytes
    order = checkpoint.family.part_names or tuple(parts)
    return {part: parts[part] for part in sorted(parts, key=order.index)}


def _parse_size(text: str, step: int, largest: int) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,9})[x×](\d{1,9})", text.strip().lower())
    if not match:
        raise InputError(f'--size is "{text}"; expected width x height, like {largest}x{largest}')
    width, height = int(match[1]), int(match[2])
    fitting = [min(largest, max(step, round(side / step) * step)) for side in (width, height)]
    if fitting != [width, height]:
        raise InputError(
            f"{width}x{height} is no size of this model: both sides must be multiples of {step} up to {largest}; "
            f"nearest: {fitting[0]}x{fitting[1]}"
        )
    return width, height
