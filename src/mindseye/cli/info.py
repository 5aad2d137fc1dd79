"""`mindseye info`: what a model is made of and needs, or how a picture was made. No weights are loaded."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import samples
from ..errors import InputError
from ..given_files import parse_json
from ..printable import printable, printable_json
from .inputs import IMAGE_SUFFIXES, is_file
from .options import add_output_options

if TYPE_CHECKING:
    from ..checkpoints.load import Checkpoint

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".json")
MOST_REQUESTS = 1_000_000
PART_NAMES = {
    "words": "word embeddings and head",
    "und": "understanding expert",
    "gen": "drawing expert",
    "vit": "eyes (ViT)",
    "connector": "connector",
    "latents": "ways into and out of latents",
    "tables": "fixed position tables",
    "autoencoder": "autoencoder",
}
WORKS = (  # title, kind, branches of guidance
    ("read", "read", 1),
    ("draw, no guidance", "draw", 1),
    ("draw", "draw", 2),
    ("edit", "edit", 3),
)


def register(commands: Any) -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser(
        "info",
        help="what a model is made of and needs, or how a picture was made",
        description="Show a model's parts, special tokens, picture sizes and memory without loading its weights, "
        "or the prompt and options stored in a picture.",
    )
    parser.add_argument("target", metavar="MODEL|PICTURE", help='"pocket", a folder, a hub id, or a picture file')
    parser.add_argument("--weights", metavar="FILE", help="name of the weight file in the folder")
    add_output_options(parser)
    parser.add_argument("--size", metavar="WxH", help="picture size of the memory estimate (default: the largest)")
    parser.add_argument("--batch", type=int, default=1, metavar="N", help="requests at once, 1 to 1000000 (default: 1)")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the facts; returns the exit status."""
    path = samples.resolve(arguments.target)
    is_weights = path.suffix.lower() in WEIGHTS
    if (is_file(path) and not is_weights) or (path.suffix.lower() in IMAGE_SUFFIXES and not path.is_dir()):
        facts = picture_facts(path)
        show = _show_picture
    else:
        facts = model_facts(arguments.target, arguments.weights, arguments.size, arguments.batch)
        show = _show_model
    if arguments.json:
        print(printable_json(facts, 1))
    else:
        show(facts)
    return 0


def picture_facts(path: Path) -> dict[str, Any]:
    """Size of a picture and, under "made", what is stored in it about its making (None for nothing)."""
    from PIL import Image

    from ..inputs.images import open_image
    from ..pictures import KEY

    open_image(path)  # says clearly what is wrong with the file, if anything is
    with Image.open(path) as image:
        image.load()
        text = image.info.get(KEY)
        facts: dict[str, Any] = {"picture": str(path), "width": image.width, "height": image.height, "made": None}
    if text is None:
        return facts
    try:
        made = parse_json(text)
    except (TypeError, ValueError) as error:
        raise InputError(f'{path} has a text entry "{KEY}" that is not JSON: {str(text)[:80]}') from error
    return {**facts, "made": made}


def model_facts(model: str, weights_name: str | None = None, size: str | None = None, batch: int = 1) -> dict[str, Any]:
    """Everything about a model that its headers and small files tell; numbers are parameters and bytes."""
    from ..checkpoints.estimate import Work, estimate_memory, legal_sizes
    from ..checkpoints.headers import BYTES_OF_DTYPE
    from ..checkpoints.load import open_checkpoint
    from ..inputs.tokenizer import Tokenizer

    if not 1 <= batch <= MOST_REQUESTS:
        raise InputError(f"--batch is {batch}; expected 1 to {MOST_REQUESTS}")
    checkpoint = open_checkpoint(model, weights_name)
    config = checkpoint.found.config
    tokenizer = Tokenizer.from_folder(checkpoint.folder)
    tokenizer.check_fits(config.decoder.vocab_size)
    sizes = legal_sizes(config)
    width, height = _parse_size(size, sizes.step, sizes.largest) if size else (sizes.largest, sizes.largest)
    formats = sorted({info.dtype for info in checkpoint.tensors.values()})
    number_bytes = max(BYTES_OF_DTYPE[name] for name in formats)
    memory = {}
    for title, kind, branches in WORKS:
        if kind == "read" or checkpoint.vae_tensors:
            work = Work(kind, width, height, batch, branches)
            estimate = estimate_memory(config, work, number_bytes)
            memory[title] = {**asdict(estimate), "total": estimate.total}
    return {
        "model": model,
        "folder": str(checkpoint.folder),
        "weights": checkpoint.weights.name,
        "stored_as": formats,
        "parameters": checkpoint.num_parameters,
        "parts": _parts(checkpoint),
        "special_tokens": asdict(tokenizer.special),
        "words": config.decoder.vocab_size,
        "sizes": asdict(sizes),
        "memory": {"width": width, "height": height, "batch": batch, "bytes": memory},
        "config": asdict(config),
        "notes": [*checkpoint.found.notes, *([] if checkpoint.vae_tensors else ["no ae.safetensors: cannot draw"])],
    }


def _parts(checkpoint: Checkpoint) -> dict[str, dict[str, int]]:
    from ..checkpoints.estimate import part_of

    parts = {part: {"parameters": 0, "bytes": 0} for part in PART_NAMES}
    for table in (checkpoint.tensors, checkpoint.vae_tensors):
        for name, info in table.items():
            part = parts[part_of(name)]
            part["parameters"] += info.num_parameters
            part["bytes"] += info.num_bytes
    return parts


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


def _show_picture(facts: dict[str, Any]) -> None:
    print(f"{printable(facts['picture'])}: {facts['width']} x {facts['height']}")
    made = facts["made"]
    if made is None:
        print("Nothing is stored in it about how it was made.")
    elif not isinstance(made, dict):
        print(printable(str(made)))
    else:
        rows = [(str(k), v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)) for k, v in made.items()]
        _table("made with", ("what", "value"), rows)


def _show_model(facts: dict[str, Any]) -> None:
    stored = ", ".join(facts["stored_as"])
    print(f"{printable(facts['model'])} ({facts['weights']}, {stored}): {facts['parameters']:,} parameters")
    parts = [
        (PART_NAMES[name], f"{part['parameters']:,}", _bytes(part["bytes"])) for name, part in facts["parts"].items()
    ]
    _table("parts", ("part", "parameters", "stored"), parts)
    tokens = [(name, str(i)) for name, i in facts["special_tokens"].items()]
    _table(f"special tokens (of {facts['words']:,} words)", ("token", "id"), tokens)
    sizes = facts["sizes"]
    by_ratio = ", ".join(f"{ratio} {w}x{h}" for ratio, (w, h) in sizes["by_ratio"].items())
    print(f"pictures: sides are multiples of {sizes['step']} up to {sizes['largest']}; largest: {by_ratio}")
    memory = facts["memory"]
    title = f"memory for {memory['width']}x{memory['height']}, batch {memory['batch']}, as stored"
    rows = [(work, *(_bytes(n) for n in parts.values())) for work, parts in memory["bytes"].items()]
    _table(title, ("work", "weights", "keys, values", "activations", "autoencoder", "peak"), rows)
    for note in facts["notes"]:
        print(f"note: {printable(note)}")


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: ruled in a terminal, plain columns in a pipe."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        table = Table(title=title, title_justify="left")
        for i, column in enumerate(columns):
            table.add_column(column, justify="right" if i and len(columns) > 2 else "left")
        for row in rows:
            table.add_row(*(escape(printable(cell)) for cell in row))
        Console().print(table)
        return
    print(f"\n{title}")
    rows = [[printable(cell).replace("\n", "\\n") for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in (columns, *rows)) for i in range(len(columns))]
    for row in (columns, *rows):
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    print()


def _bytes(count: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.2f} {unit}"
    return f"{count} B"
