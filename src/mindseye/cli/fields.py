"""Command-line options out of the fields of a params class: names, defaults and docstrings stand in one place."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import inspect
import textwrap
import types
import typing
from typing import Any

LOW_HIGH = ("LOW", "HIGH")


def add_options(parser: argparse._ActionsContainer, params: type) -> None:
    """One option a field, spelled with dashes or underscores; its docstring becomes the help."""
    docs, hints = field_docs(params), typing.get_type_hints(params)
    for item in dataclasses.fields(params):
        flags = dict.fromkeys([f"--{item.name.replace('_', '-')}", f"--{item.name}"])
        kind = _plain_type(hints[item.name])
        settings: dict[str, Any] = {}
        if kind is bool:
            settings = {"action": argparse.BooleanOptionalAction}
        elif typing.get_origin(kind) is tuple:
            inner = typing.get_args(kind)
            is_pairs = typing.get_origin(inner[0]) is tuple
            one = str if is_pairs else inner[0]
            settings = {"type": one, "metavar": "ID=BIAS" if is_pairs else one.__name__.upper()}
            settings |= {"action": "append"} if inner[-1] is Ellipsis else {"nargs": len(inner), "metavar": LOW_HIGH}
        else:
            settings = {"type": kind, "metavar": kind.__name__.upper()}
        parser.add_argument(
            *flags, dest=item.name, default=None, help=docs.get(item.name, "").replace("%", "%%"), **settings
        )


def chosen_options(args: argparse.Namespace, *classes: type) -> dict[str, Any]:
    """The options that were given on the command line; InputError for one that is out of range."""
    chosen: dict[str, Any] = {}
    for params in classes:
        given = {item.name: getattr(args, item.name, None) for item in dataclasses.fields(params)}
        mine = {name: tuple(x) if isinstance(x, list) else x for name, x in given.items() if x is not None}
        params(**mine)  # complains before a model is loaded
        chosen |= mine
    return chosen


def field_docs(params: type) -> dict[str, str]:
    """The strings that stand below the fields of a class."""
    body = ast.parse(textwrap.dedent(inspect.getsource(params))).body[0]
    assert isinstance(body, ast.ClassDef)
    docs: dict[str, str] = {}
    for before, node in zip(body.body, body.body[1:], strict=False):
        is_text = (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        )
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name) and is_text:
            docs[before.target.id] = " ".join(node.value.value.split())  # type: ignore[attr-defined]
    return docs


def _plain_type(hint: Any) -> Any:
    """`int` of `int | None`."""
    if isinstance(hint, types.UnionType):
        return next(kind for kind in typing.get_args(hint) if kind is not type(None))
    return hint
