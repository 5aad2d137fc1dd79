"""`mindseye info`: what a model is made of and needs, or how a picture was made. No weights are loaded."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import samples
from ..errors import InputError
from ..given_files import parse_json
from ..printable import printable, printable_json
from .inputs import IMAGE_SUFFIXES, is_file
from .options import add_output_options

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".json")


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
    parser.add_argument("--plan", action="store_true", help="show where loading would put each part, and in which form")
    parser.add_argument("--device", default="auto", help="device of the plan (default: auto)")
    parser.add_argument("--dtype", default="auto", help="number format of the plan (default: auto)")
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
        facts = _facts_of_model(arguments)
        show = _show_model
    if arguments.json:
        print(printable_json(facts, 1))
    else:
        show(facts)
    return 0


def _facts_of_model(arguments: argparse.Namespace) -> dict[str, Any]:
    from ..checkpoints.load import open_checkpoint
    from .model_facts import model_facts, plan_facts

    checkpoint = open_checkpoint(arguments.target, arguments.weights)
    facts = model_facts(arguments.target, checkpoint, arguments.size, arguments.batch)
    return {**facts, "plan": plan_facts(checkpoint, arguments.device, arguments.dtype)} if arguments.plan else facts


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
    said = f"{printable(facts['model'])} ({facts['weights']}, {stored})"
    print(f"{said}: {facts['family']}, {facts['parameters']:,} parameters")
    parts = [(name, f"{part['parameters']:,}", _bytes(part["bytes"])) for name, part in facts["parts"].items()]
    _table("parts", ("part", "parameters", "stored"), parts)
    tokens = [(name, str(i)) for name, i in facts["special_tokens"].items()]
    _table(f"special tokens (of {facts['words']:,} words)", ("token", "id"), tokens)
    if "sizes" in facts:
        _show_pictures_and_memory(facts)
    if "plan" in facts:
        _show_plan(facts["plan"])
    for note in facts["notes"]:
        print(f"note: {printable(note)}")


def _show_pictures_and_memory(facts: dict[str, Any]) -> None:
    sizes = facts["sizes"]
    by_ratio = ", ".join(f"{ratio} {w}x{h}" for ratio, (w, h) in sizes["by_ratio"].items())
    print(f"pictures: sides are multiples of {sizes['step']} up to {sizes['largest']}; largest: {by_ratio}")
    memory = facts["memory"]
    title = f"memory for {memory['width']}x{memory['height']}, batch {memory['batch']}, as stored"
    rows = [(work, *(_bytes(n) for n in parts.values())) for work, parts in memory["bytes"].items()]
    _table(title, ("work", "weights", "keys, values", "activations", "autoencoder", "peak"), rows)


def _show_plan(plan: dict[str, Any]) -> None:
    columns = ("part", "tensors", "stored as", "loaded as", "on", "bytes")
    rows = [
        (row["part"], str(row["tensors"]), row["stored_as"], row["form"], row["device"], _bytes(row["bytes"]))
        for row in plan["parts"]
    ]
    _table("how it would be loaded", columns, rows)
    free = "an unknown number" if plan["free_bytes"] is None else _bytes(plan["free_bytes"])
    print(f"{_bytes(plan['bytes'])} in all, of {free} free; on the way at most {_bytes(plan['largest_bytes'])} more")
    if plan["laid_out_for_cpu"]:
        print("every layer is laid out for this CPU's matrix products as soon as it is whole")


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
