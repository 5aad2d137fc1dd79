"""Dataclass <-> file and command line: strict, so that a misspelt option is an error and never a silent default."""

from __future__ import annotations

import math
import reprlib
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml

from .errors import SettingsError, nearest
from .given_files import read_given

T = TypeVar("T")
LARGEST_RECIPE = 100_000  # bytes


def load_settings(kind: type[T], path: Path, overrides: Sequence[str] = ()) -> T:
    """An instance of dataclass `kind` from a YAML file, with overrides such as "optimizer.num_steps=100".

    Raises SettingsError for a missing file, unknown options and values of the wrong kind.
    """
    if path.is_dir():
        raise SettingsError(f"{path} is a folder; expected a recipe file such as recipes/pocket.yaml")
    if not path.is_file():
        siblings = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        raise SettingsError(f"{path} does not exist{nearest(path.name, siblings)}")
    try:
        said = yaml.safe_load(read_given(path, LARGEST_RECIPE, SettingsError).decode("utf-8")) or {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path} is not YAML: {str(error)[:300]}") from error
    if not isinstance(said, dict):
        raise SettingsError(f"{path} holds a {type(said).__name__}; expected options with their values")
    for override in overrides:
        apply_override(said, override)
    return build(kind, said, "")


def apply_override(said: Any, override: str) -> None:
    """Set one option, written as "a.b=value" with a YAML value, in nested dictionaries.

    In a list an entry is named by its `name`, or by its number from 0 on.
    """
    name, equals, value = override.partition("=")
    if not equals or not name:
        raise SettingsError(f'"{override}" sets nothing; expected NAME=VALUE such as optimizer.num_steps=100')
    *groups, last = name.split(".")
    for group in groups:
        found = _entry(said, group, name) if isinstance(said, list) else said.setdefault(group, {})
        if not isinstance(found, (dict, list)):
            raise SettingsError(f'"{name}": {group} is a value, not a group of options')
        said = found
    if isinstance(said, list):
        raise SettingsError(f'"{name}": {groups[-1]} is a list; say which entry and which of its options')
    try:
        said[last] = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsError(f'"{override[:100]}": the value is not YAML: {str(error)[:300]}') from error


def _entry(entries: list[Any], called: str, name: str) -> Any:
    """The entry of a list with that name or number; `name` is the whole option, for messages."""
    names = [str(entry.get("name", number)) if isinstance(entry, dict) else "" for number, entry in enumerate(entries)]
    if called in names:
        return entries[names.index(called)]
    if called.isdecimal() and int(called) < len(entries):
        return entries[int(called)]
    raise SettingsError(f'"{name}": no entry is called {called}{nearest(called, names)}; there are {", ".join(names)}')


def build(kind: type[T], said: Mapping[str, Any], where: str) -> T:
    """Dataclass `kind` from a mapping; `where` is its place in the file, for messages."""
    if not isinstance(said, Mapping):
        raise SettingsError(f"{where.rstrip('.')} is {_shown(said)}; expected options with their values")
    types_of = typing.get_type_hints(kind)
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for name in said:
        if name not in known:
            hint = nearest(str(name), known)
            raise SettingsError(f'unknown option "{where}{name}"{hint}; known: {", ".join(known)}')
    for name, item in known.items():
        if name not in said and item.default is MISSING and item.default_factory is MISSING:
            raise SettingsError(f'option "{where}{name}" is missing')
    return kind(**{name: convert(types_of[name], value, f"{where}{name}") for name, value in said.items()})


def convert(kind: Any, value: Any, where: str) -> Any:
    """`value` as `kind`, or SettingsError."""
    if is_dataclass(kind):
        return build(kind, value, where + ".")  # type: ignore[arg-type]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        return convert(next(a for a in arguments if a is not type(None)), value, where)
    if origin is tuple and isinstance(value, (list, tuple)):
        return tuple(convert(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict and isinstance(value, Mapping):
        return {str(name): convert(arguments[1], item, f"{where}.{name}") for name, item in value.items()}
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if kind is float and isinstance(value, str):  # YAML reads 1e-3 as text
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind in (int, str, bool) and type(value) is kind:
        return value
    expected = getattr(kind, "__name__", str(kind)) if origin is None else str(kind)
    raise SettingsError(f'option "{where}" is {_shown(value)}; expected {expected}')


def check_ranges(settings: Any, **ranges: tuple[float, float]) -> None:
    """Raise SettingsError unless each named field lies from its low to its high end."""
    for name, (low, high) in ranges.items():
        if not low <= getattr(settings, name) <= high:
            raise SettingsError(f"{name} is {_shown(getattr(settings, name))}; expected {low} to {high}")


def _shown(value: object) -> str:
    """A value in few letters, even if it holds itself a thousand times over."""
    return reprlib.repr(value)
