"""`mindseye data show FILE`: rows token by token with their loss mask, pictures as the model sees them."""

from __future__ import annotations

import argparse
import os
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..printable import printable
from .options import Commands, add_model_options, load_model

if TYPE_CHECKING:
    from ..data.show import Shown, Token
    from ..inputs.rows import Row
    from ..model import Model

STATUS_BROKEN = 1  # rows were broken, as of other checks
LABEL = "loss"


def register(commands: Commands) -> None:
    parser = commands.add_parser(
        "show",
        help="show rows token by token, as a model learns them",
        description="Show the tokens of rows, which of them the model learns to write, and its pictures after all "
        "transforms.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="JSONL or Parquet")
    parser.add_argument("--row", type=int, default=0, metavar="N", help="number of the first row, from 0 (default: 0)")
    parser.add_argument("--num", type=int, default=1, metavar="N", help="how many rows (default: 1)")
    parser.add_argument("--image-loss", action="store_true", help="label the places of images too")
    parser.add_argument("--image-root", type=Path, metavar="FOLDER", help="where pictures may lie, too")
    parser.add_argument("-o", "--output", type=Path, metavar="PAGE", help="a page with the pictures: .html, or .png")
    add_model_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the tokens; write the page or the picture."""
    from ..inputs.row_files import RowFiles
    from ..inputs.row_order import Reading
    from .show import print_json

    if args.num < 1 or args.row < 0:
        raise InputError(f"num is {args.num}, row {args.row}; expected 1 or more, and 0 or more")
    if args.output and args.output.suffix.lower() not in (".html", ".png"):
        raise InputError(f'--output is "{args.output}"; expected a name that ends in .html or .png')
    files = RowFiles([args.file])
    if args.row >= len(files):
        raise InputError(f"{args.file} has {len(files)} rows, so there is no row {args.row}")
    model = load_model(args, understanding_only=True)
    rows = list(islice(files.read(Reading(start=args.row)), args.num))
    found = [(row, _shown(row, model, args)) for row in rows]
    if args.json:
        print_json({"rows": [_facts(row, shown) for row, shown in found]})
    else:
        for row, shown in found:
            _print(row, shown)
    if args.output:
        _write(args, found)
    return STATUS_BROKEN if any(isinstance(shown, InputError) for _, shown in found) else 0


def _shown(row: Row, model: Model, args: argparse.Namespace) -> Shown | InputError:
    from ..data.show import show
    from ..inputs.row_lessons import open_lesson, read_lesson
    from ..inputs.row_pictures import PictureFinder

    try:
        if row.broken is not None:
            raise InputError(row.broken)
        finder = PictureFinder.beside(row.file, args.image_root)
        return show(open_lesson(read_lesson(row.fields), finder), model.loaded, args.image_loss)
    except InputError as error:
        return error


def _facts(row: Row, shown: Shown | InputError) -> dict[str, Any]:
    said = {"error": str(shown)} if isinstance(shown, InputError) else shown.as_json()
    return {"row": row.number, "sample_id": row.sample_id, **said}


def _print(row: Row, shown: Shown | InputError) -> None:
    if isinstance(shown, InputError):
        print(printable(f"row {row.number}, {row.sample_id}: broken: {shown}"))
        return
    print(printable(f"row {row.number}, {row.sample_id}: {_summary(shown)}"))
    is_coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    cells = [("place", "id", "by", "", "token"), *map(_cells, shown.tokens)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line, token in zip(cells, (None, *shown.tokens), strict=True):
        place, number, by, label, text = (
            cell.rjust(width) if place < 2 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        said = f"{place}  {number}  {by}  {label}  {text}".rstrip()
        print(f"\x1b[1;32m{said}\x1b[0m" if is_coloured and token and token.is_label else said)


def _cells(token: Token) -> tuple[str, str, str, str, str]:
    place = str(token.place) if token.count == 1 else f"{token.place}-{token.place + token.count - 1}"
    text = token.text if token.kind != "text" else printable(token.text).replace(" ", "·").replace("\n", "⏎")
    number = "" if token.id is None else str(token.id)
    return place, number, token.role, LABEL if token.is_label else "", text


def _summary(shown: Shown) -> str:
    sizes = ", ".join(
        f"{one.width} x {one.height} px seen at {two.width} x {two.height}"
        for one, two in zip(shown.given, shown.seen, strict=True)
    )
    labels = f"{shown.num_labels} with loss" if shown.num_labels else "none with loss: it teaches nothing"
    return f"{shown.num_tokens} tokens, {labels}{'; ' if sizes else ''}{sizes}"


def _write(args: argparse.Namespace, found: list[tuple[Row, Shown | InputError]]) -> None:
    """The page; or, as PNG, the first picture as the model sees it."""
    from ..page import Page
    from ..pictures import save_png
    from .inputs import make_folder

    make_folder(args.output.parent)
    fine = [(row, shown) for row, shown in found if not isinstance(shown, InputError)]
    if args.output.suffix.lower() == ".png":
        seen = [picture for _, shown in fine for picture in shown.seen]
        if not seen:
            raise InputError("the rows hold no picture that could be drawn")
        save_png(seen[0], args.output)
    else:
        page = Page(f"{args.file.name} as {Path(args.model).name} reads it", f"{len(found)} rows from row {args.row}")
        for row, shown in fine:
            page.heading(f"row {row.number}: {row.sample_id}")
            page.text(_summary(shown))
            for given, seen_picture in zip(shown.given, shown.seen, strict=True):
                page.pictures([(given, "given"), (seen_picture, "as the model sees it")], arrows=True)
            page.table(("place", "id", "by", "", "token"), map(_cells, shown.tokens))
        page.save(args.output)
    if not args.json:
        print(args.output)
